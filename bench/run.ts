// `npm run bench`: the CPU that one proxied tools/call costs, beside other proxies in the same run.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare } from './compare.ts';
import { findFreePort } from './find-free-port.ts';
import { type Report, toMachine, toRows, toTable } from './report.ts';
import { hasNginx, type Server, startNginx, startProxy, startTollgate } from './servers.ts';
import { type Child, startProgram } from './start-process.ts';
import { toNumber } from './to-number.ts';
import { ENDPOINT } from './workload.ts';

const HELP = `npm run bench -- [options]
  --seconds N        length of one measurement (default 4)
  --repeat N         repetitions; the table shows medians (default 5)
  --quick            one repetition of one second
  --connections N    keep-alive connections of the load generator (default 32)
  --json FILE        where the figures go (default bench/results/latest.json)
  --assert-ratio R   exit 1 when Tollgate needs more than R times the CPU of @fastify/http-proxy
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    repeat: { type: 'string' },
    quick: { type: 'boolean', default: false },
    connections: { type: 'string', default: '32' },
    json: { type: 'string', default: fileURLToPath(new URL('results/latest.json', import.meta.url)) },
    'assert-ratio': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

interface Settings {
  readonly measureMs: number;
  readonly repetitions: number;
  readonly connections: number;
  readonly json: string;
  readonly highestRatio: number;
}

async function runBench(settings: Settings, signal: AbortSignal): Promise<boolean> {
  const { measureMs, repetitions, connections } = settings;
  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(child: T): T => {
    started.push(child);
    return child;
  };
  try {
    const upstreamPort = await findFreePort();
    const upstream = keep(startProgram('upstream', [upstreamPort], signal));
    await upstream.waitForPort(upstreamPort);
    const generator = keep(startProgram('load-generator', [], signal));
    const setting = { upstreamPort, signal };
    const servers = new Map<string, Server>();
    servers.set('direct', toDirect(upstream, upstreamPort));
    if (hasNginx()) servers.set('nginx', keep(await startNginx(setting)));
    servers.set('node:http + undici', keep(await startProxy('bare-proxy', setting)));
    servers.set('@fastify/http-proxy', keep(await startProxy('fastify-http-proxy', setting)));
    const instances = [`http://127.0.0.1:${upstreamPort}${ENDPOINT}`];
    servers.set('tollgate', keep(await startTollgate({ instances, connections: 1000, signal })));
    const results = await compare({
      servers,
      generator,
      repetitions,
      measureMs,
      connections,
      onRow: (repetition, name, { cpuUsPerRequest, perSecond }) =>
        console.error(
          `${repetition + 1}/${repetitions} ${name}: ${cpuUsPerRequest.toFixed(1)} us, ${perSecond.toFixed(0)}/s`,
        ),
    });
    const report: Report = {
      at: new Date().toISOString(),
      node: process.version,
      machine: toMachine(),
      connections,
      measureMs,
      rows: toRows(results),
      notInstalled: servers.has('nginx') ? [] : ['nginx'],
    };
    await mkdir(dirname(settings.json), { recursive: true });
    await writeFile(settings.json, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(`\nNode ${report.node}, ${report.machine}, ${connections} connections\n\n${toTable(report)}\n`);
    return judge(report, settings.highestRatio);
  } finally {
    await Promise.all(started.map((child) => child.stop()));
  }
}

/** The upstream without a proxy; it is stopped as the child it is. */
function toDirect(upstream: Child, port: number): Server {
  return { port, pids: [upstream.pid], stop: () => Promise.resolve() };
}

function judge({ rows }: Report, highest: number): boolean {
  const ratio = rows.find((row) => row.name === 'tollgate')?.ratio ?? Number.NaN;
  if (highest === Number.POSITIVE_INFINITY) return true;
  const passed = ratio <= highest;
  console.log(`${passed ? 'ok' : 'FAIL'}: ratio ${ratio.toFixed(3)}, at most ${highest} wanted`);
  return passed;
}

if (values.help) {
  console.log(HELP);
} else {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const passed = await runBench(
    {
      measureMs: toNumber('--seconds', values.seconds ?? (values.quick ? '1' : '4')) * 1000,
      repetitions: toNumber('--repeat', values.repeat ?? (values.quick ? '1' : '5')),
      connections: toNumber('--connections', values.connections),
      json: values.json,
      highestRatio:
        values['assert-ratio'] === undefined
          ? Number.POSITIVE_INFINITY
          : toNumber('--assert-ratio', values['assert-ratio']),
    },
    stop.signal,
  );
  process.exitCode = passed ? 0 : 1;
}
