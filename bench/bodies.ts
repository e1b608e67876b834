// `node bench/bodies.ts`: how long one hostile body of 1 MiB holds the event loop before it is accepted or refused.
import { parseArgs } from 'node:util';
import { openEnvelope } from '../gateway/mcp/envelope.ts';
import { toServedMethods } from '../gateway/mcp/methods.ts';
import { Refusal } from '../gateway/refusal.ts';
import { HOSTILE_BODIES } from './hostile-bodies.ts';

const { values } = parseArgs({ options: { 'assert-ms': { type: 'string', default: 'Infinity' } } });

const WARM_RUNS = 5;
/** Thread CPU is told in steps of 4 ms on some kernels, so it is read over many runs; other processes do not count. */
const RUNS = 25;

const SERVED = toServedMethods([]);
const HEADERS = {
  version: '2026-07-28',
  method: 'tools/call',
  name: 't',
  params: [],
  traceparent: undefined,
  tracestate: undefined,
};

/** @returns why the body is refused, or `accepted` */
function open(body: Buffer): string {
  try {
    openEnvelope(body, HEADERS, SERVED);
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return `${error.kind} (${error.detail.reason})`;
    throw error;
  }
}

/** @returns CPU of this thread for one run, in milliseconds */
function measureMs(body: Buffer): number {
  for (let i = 0; i < WARM_RUNS; i++) open(body);
  const start = process.threadCpuUsage();
  for (let i = 0; i < RUNS; i++) open(body);
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000 / RUNS;
}

const highestMs = Number(values['assert-ms']);
for (const [name, text] of HOSTILE_BODIES) {
  const body = Buffer.from(text);
  const ms = measureMs(body);
  if (!(ms <= highestMs)) process.exitCode = 1;
  console.log(`${ms.toFixed(2).padStart(7)} ms  ${String(body.length).padStart(7)} bytes  ${name}: ${open(body)}`);
}
