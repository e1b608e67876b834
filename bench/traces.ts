// `npm run bench:traces`: the CPU that tracing adds to one tools/call through the gateway: off, on with none, a tenth and all recorded.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { readCpuMs } from './cpu-time.ts';
import { findFreePort } from './find-free-port.ts';
import { toMachine } from './report.ts';
import { sendCalls } from './send-calls.ts';
import { type Child, startProcess, startProgram } from './start-process.ts';
import { toNumber } from './to-number.ts';
import { ENDPOINT, toCallBytes } from './workload.ts';

const HELP = `npm run bench:traces -- [options]
  --repeat N           repetitions; the table shows medians (default 5)
  --calls N            calls of one measurement (default 10000)
  --assert-percent P   exit 1 when recording a tenth adds more than P percent of CPU
`;

const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '5' },
    calls: { type: 'string', default: '10000' },
    'assert-percent': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});

const CONNECTIONS = 32;
/** Longer than spans wait for their batch, so that each measurement pays for its own exports. */
const SETTLE_MS = 1500;
const OFF = 'off';
const TENTH = '10 % recorded';
const ROWS: readonly (readonly [name: string, sample: number | undefined])[] = [
  [OFF, undefined],
  ['on, none recorded', 0],
  [TENTH, 0.1],
  ['all recorded', 1],
];

/** A collector that takes everything; it runs here, where nothing is measured. */
async function startCollector(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

interface Gateway {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
}

async function startGateway(folder: string, row: number, traces: object | undefined, upstreamPort: number) {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const config = {
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    publicUrl: 'https://mcp.example.com',
    identity: { anonymous: true },
    upstreams: { bench: { instances: [`http://127.0.0.1:${upstreamPort}${ENDPOINT}`], paramHeaders: 'forward' } },
    endpoints: { [ENDPOINT]: { upstream: 'bench' } },
    drain: { grace: '1s' },
    telemetry: { log: { level: 'warn' }, ...(traces !== undefined && { traces }) },
  };
  const file = join(folder, `gateway-${row}.yaml`);
  await writeFile(file, stringify(config));
  const cli = fileURLToPath(new URL('../gateway/cli/tollgate.ts', import.meta.url));
  const child = startProcess([process.execPath, cli, 'serve', '--config', file], stop.signal);
  await child.waitForPort(port);
  return { port, child };
}

async function measure({ port, child }: Gateway, calls: number): Promise<number> {
  const requests = Array.from({ length: calls }, () => toCallBytes(port));
  const beforeMs = readCpuMs([child.pid]);
  await sendCalls(port, requests, CONNECTIONS);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return ((readCpuMs([child.pid]) - beforeMs) * 1000) / calls;
}

function toMedian(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

/** @returns whether a tenth recorded costs no more than was asked for */
async function runBench(): Promise<boolean> {
  const [repeat, calls] = [toNumber('--repeat', values.repeat), toNumber('--calls', values.calls)];
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-traces-'));
  const collector = await startCollector();
  const otlp = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const upstreamPort = await findFreePort();
  const upstream = startProgram('upstream', [upstreamPort], stop.signal);
  const children: Child[] = [upstream];
  try {
    await upstream.waitForPort(upstreamPort);
    const gateways: Gateway[] = [];
    for (const [row, [name, sample]] of ROWS.entries()) {
      const traces = sample === undefined ? undefined : { otlp, sample };
      const started = await startGateway(folder, row, traces, upstreamPort);
      children.push(started.child);
      gateways.push({ name, ...started });
    }
    const cpuUs = new Map<string, number[]>(ROWS.map(([name]) => [name, []]));
    // The first round lets everything be compiled.
    for (let round = -1; round < repeat; round++) {
      for (let i = 0; i < gateways.length; i++) {
        const gateway = gateways[(i + Math.max(0, round)) % gateways.length] as Gateway;
        const us = await measure(gateway, calls);
        if (round >= 0) cpuUs.get(gateway.name)?.push(us);
      }
    }
    return report(cpuUs);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    collector.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(cpuUs: ReadonlyMap<string, readonly number[]>): boolean {
  const off = cpuUs.get(OFF) ?? [];
  console.log(`Node ${process.version}, ${toMachine()}, ${CONNECTIONS} connections\n`);
  console.log(`${'traces'.padEnd(20)}  CPU us/request  adds us  percent`);
  let tenth = Number.NaN;
  for (const [name, us] of cpuUs) {
    const percent = toMedian(us.map((each, i) => (each / (off[i] ?? Number.NaN) - 1) * 100));
    const adds = toMedian(us.map((each, i) => each - (off[i] ?? Number.NaN)));
    if (name === TENTH) tenth = percent;
    const cells = [toMedian(us).toFixed(1).padStart(14), adds.toFixed(1).padStart(7), percent.toFixed(1).padStart(7)];
    console.log(`${name.padEnd(20)}  ${cells.join('  ')}`);
  }
  return tenth <= Number(values['assert-percent']);
}

const stop = new AbortController();
if (values.help) {
  console.log(HELP);
} else {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  process.exitCode = (await runBench()) ? 0 : 1;
}
