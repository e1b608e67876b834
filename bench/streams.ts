// `npm run bench:streams`: what thousands of idle listening streams through one gateway process cost.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './compare.ts';
import { readCpuMs, readRssKib } from './cpu-time.ts';
import { getFileLimit } from './file-limit.ts';
import { findFreePort } from './find-free-port.ts';
import type { LoadOrder, LoadResult } from './load-order.ts';
import type { OpenAnswer } from './processes/stream-opener.ts';
import { toMachine } from './report.ts';
import { startTollgate, type TollgateOptions } from './servers.ts';
import { type Child, startProgram } from './start-process.ts';
import { toNumber } from './to-number.ts';
import { ENDPOINT } from './workload.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    json: { type: 'string', default: fileURLToPath(new URL('results/streams.json', import.meta.url)) },
  },
});

/** Files a process needs besides its streams. */
const SPARE_FILES = 250;
/** The pools of one instance grow by this many streams before the next address is used; ports run out at 28,000. */
const STREAMS_PER_INSTANCE = 20_000;
const CALL_CONNECTIONS = 4;
const WARM_MS = 2000;
const SETTLE_MS = 3000;
const IDLE_MS = 5000;
const CALLS_MS = 3000;

async function runStreams(wanted: number, signal: AbortSignal): Promise<void> {
  // The gateway holds two sockets for each stream.
  const limit = getFileLimit(2 * wanted + SPARE_FILES);
  const streams = Math.min(wanted, Math.floor((limit.files - SPARE_FILES) / 2));
  if (streams < wanted) {
    console.log(
      `A process may open ${limit.files} files here (ulimit -Hn), so ${streams} streams are opened instead of ${wanted}.`,
    );
  }
  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(child: T): T => {
    started.push(child);
    return child;
  };
  try {
    const upstreamPort = await findFreePort();
    const hosts = Array.from({ length: Math.ceil(streams / STREAMS_PER_INSTANCE) }, (_, i) => `127.0.0.${i + 1}`);
    const upstream = keep(startProgram('upstream', [upstreamPort, ...hosts], signal));
    await upstream.waitForPort(upstreamPort);
    const generator = keep(startProgram('load-generator', [], signal));
    const opener = keep(startProgram('stream-opener', [], signal));
    const instances = hosts.map((host) => `http://${host}:${upstreamPort}${ENDPOINT}`);
    const options = { instances, connections: streams + 100, prefix: limit.prefix, signal };
    const callsAlone = await measureAlone(generator, options);

    // A process of its own: what the calls left behind in the heap would hide what streams cost.
    const { port, pids } = keep(await startTollgate(options));
    const pid = pids[0] as number;
    await pause(SETTLE_MS);
    const rssBeforeKib = readRssKib(pid);
    const openingCpuMs = readCpuMs(pids);
    const openedMs = await openStreams(opener, port, streams);
    const cpuPerOpenUs = ((readCpuMs(pids) - openingCpuMs) * 1000) / streams;
    await pause(SETTLE_MS);
    const rssAfterKib = readRssKib(pid);
    const idleCpuMs = readCpuMs(pids);
    await pause(IDLE_MS);
    const idleCpuPercent = ((readCpuMs(pids) - idleCpuMs) / IDLE_MS) * 100;
    const callsBeside = await measure(generator, toOrder(port, pids));
    const lost = await askLost(opener);
    const report = {
      at: new Date().toISOString(),
      node: process.version,
      machine: toMachine(),
      streams,
      rssBeforeKib,
      rssAfterKib,
      kibPerStream: (rssAfterKib - rssBeforeKib) / streams,
      openedMs,
      cpuPerOpenUs,
      idleCpuPercent,
      lost,
      callsAlone,
      callsBeside,
    };
    await mkdir(dirname(values.json), { recursive: true });
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(toText(report));
    if (lost > 0) throw new Error(`${lost} streams were lost`);
  } finally {
    await Promise.all(started.map((child) => child.stop()));
  }
}

async function measureAlone(generator: Child, options: TollgateOptions): Promise<LoadResult> {
  const gateway = await startTollgate(options);
  try {
    return await measure(generator, toOrder(gateway.port, gateway.pids));
  } finally {
    await gateway.stop();
  }
}

function toOrder(port: number, pids: readonly number[]): LoadOrder {
  return { port, pids, connections: CALL_CONNECTIONS, warmMs: WARM_MS, measureMs: CALLS_MS };
}

async function openStreams(opener: Child, port: number, streams: number): Promise<number> {
  const answered = opener.waitForMessage() as Promise<OpenAnswer>;
  opener.process.send({ port, streams });
  const answer = await answered;
  if ('failed' in answer) throw new Error(answer.failed);
  return answer.openedMs;
}

async function askLost(opener: Child): Promise<number> {
  const answered = opener.waitForMessage() as Promise<number>;
  opener.process.send('lost?');
  return answered;
}

interface StreamsReport {
  readonly node: string;
  readonly machine: string;
  readonly streams: number;
  readonly rssBeforeKib: number;
  readonly rssAfterKib: number;
  readonly kibPerStream: number;
  readonly openedMs: number;
  readonly cpuPerOpenUs: number;
  readonly idleCpuPercent: number;
  readonly lost: number;
  readonly callsAlone: { readonly p50Ms: number; readonly p99Ms: number };
  readonly callsBeside: { readonly p50Ms: number; readonly p99Ms: number };
}

const toMib = (kib: number): string => `${(kib / 1024).toFixed(0)} MiB`;

function toText(report: StreamsReport): string {
  const { callsAlone, callsBeside } = report;
  return `
Node ${report.node}, ${report.machine}

idle streams             ${report.streams}
opened in                ${(report.openedMs / 1000).toFixed(1)} s, ${report.cpuPerOpenUs.toFixed(0)} us of gateway CPU each
gateway RSS              ${toMib(report.rssBeforeKib)} before, ${toMib(report.rssAfterKib)} after
per stream               ${report.kibPerStream.toFixed(1)} KiB
gateway CPU while idle   ${report.idleCpuPercent.toFixed(1)} % of one core
tools/call without them  p50 ${callsAlone.p50Ms.toFixed(2)} ms, p99 ${callsAlone.p99Ms.toFixed(2)} ms
tools/call beside them   p50 ${callsBeside.p50Ms.toFixed(2)} ms, p99 ${callsBeside.p99Ms.toFixed(2)} ms
streams lost             ${report.lost}
`;
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
await runStreams(toNumber('--streams', values.streams), stop.signal);
