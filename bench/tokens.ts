// `npm run bench:tokens`: the CPU that one tools/call costs with a token of each algorithm, warm and cold, against none.
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { readCpuMs } from './cpu-time.ts';
import { findFreePort } from './find-free-port.ts';
import { toMachine } from './report.ts';
import { sendCalls } from './send-calls.ts';
import { startProcess, startProgram } from './start-process.ts';
import { toNumber } from './to-number.ts';
import { ENDPOINT, toCallBytes } from './workload.ts';

const HELP = `npm run bench:tokens -- [options]
  --repeat N          repetitions; the table shows medians (default 5)
  --warm N            calls of one warm measurement (default 20000)
  --cold N            calls of one cold measurement, each with a token of its own (default 3000)
  --json FILE         where the figures go (default bench/results/tokens.json)
  --assert-warm-us U  exit 1 when one warm token adds more than U microseconds of CPU
`;

const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '5' },
    warm: { type: 'string', default: '20000' },
    cold: { type: 'string', default: '3000' },
    json: { type: 'string', default: fileURLToPath(new URL('results/tokens.json', import.meta.url)) },
    'assert-warm-us': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});

const CONNECTIONS = 32;
/** As many tokens as a busy gateway has warm at once. */
const CALLERS = 1000;
const RESOURCE = 'https://mcp.example.com/mcp';
const PAIRS: readonly (readonly [alg: string, key: KeyObject])[] = [
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['EdDSA', generateKeyPairSync('ed25519').privateKey],
];
const toSegment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An access token as issuers make them, of about 700 bytes without its signature. */
async function makeToken(issuer: string, alg: string, key: KeyObject): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: RESOURCE,
    sub: crypto.randomUUID(),
    client_id: 'bench',
    iat,
    nbf: iat,
    exp: iat + 3600,
    jti: crypto.randomUUID(),
    scope: 'weather:read weather:write',
    groups: ['staff', 'weather-readers'],
    name: 'Anna Example',
    preferred_username: 'anna@example.com',
    tenant: crypto.randomUUID(),
  };
  const input = `${toSegment({ alg, kid: alg, typ: 'at+jwt' })}.${toSegment(claims)}`;
  const signature = await new Promise<Buffer>((resolve, reject) => {
    sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
  return `${input}.${signature.toString('base64url')}`;
}

async function startKeyServer(): Promise<Server> {
  const keys = PAIRS.map(([alg, key]) => ({
    ...createPublicKey(key).export({ format: 'jwk' }),
    kid: alg,
    alg,
    use: 'sig',
  }));
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The gateway as a user runs it; who brings no token is anonymous, so that rules and policy are the same for all rows. */
async function startGateway(folder: string, issuer: string, upstreamPort: number, signal: AbortSignal) {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const rules = [{ id: 'all', allow: { tools: ['*'] }, to: { everyone: true } }];
  await writeFile(join(folder, 'access.yaml'), stringify({ rules }));
  const config = {
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    publicUrl: 'https://mcp.example.com',
    identity: { anonymous: true, issuers: [{ issuer, jwksUri: `${issuer}/keys` }] },
    upstreams: { bench: { instances: [`http://127.0.0.1:${upstreamPort}${ENDPOINT}`] } },
    endpoints: { [ENDPOINT]: { upstream: 'bench', resource: RESOURCE, access: ['access.yaml'] } },
    drain: { grace: '1s' },
    telemetry: { log: { level: 'warn' } },
  };
  await writeFile(join(folder, 'gateway.yaml'), stringify(config));
  const cli = fileURLToPath(new URL('../gateway/cli/tollgate.ts', import.meta.url));
  const child = startProcess([process.execPath, cli, 'serve', '--config', join(folder, 'gateway.yaml')], signal);
  await child.waitForPort(port);
  return { port, child };
}

function withLine(call: Buffer, line: string): Buffer {
  const at = call.indexOf('Content-Length');
  return Buffer.concat([call.subarray(0, at), Buffer.from(`${line}\r\n`), call.subarray(at)]);
}

interface Row {
  readonly name: string;
  /** The requests of one measurement; before those of `warms`, each is sent once, uncounted. */
  readonly make: () => Promise<readonly Buffer[]>;
  readonly warms: boolean;
}

function makeRows(call: Buffer, issuer: string, warm: number, cold: number): readonly Row[] {
  const spread = (requests: readonly Buffer[]) =>
    Array.from({ length: warm }, (_, i) => requests[i % requests.length] as Buffer);
  const sign = async (count: number, alg: string, key: KeyObject): Promise<readonly Buffer[]> =>
    (await Promise.all(Array.from({ length: count }, () => makeToken(issuer, alg, key)))).map((token) =>
      withLine(call, `Authorization: Bearer ${token}`),
    );
  return [
    { name: 'no token', make: async () => spread([call]), warms: true },
    // What the bytes of a token cost as such.
    {
      name: 'its bytes elsewhere',
      make: async () => spread([withLine(call, `X-Something: ${'x'.repeat(900)}`)]),
      warms: true,
    },
    ...PAIRS.flatMap(([alg, key]) => [
      { name: `${alg} warm`, make: async () => spread(await sign(1, alg, key)), warms: true },
      { name: `${alg} warm, ${CALLERS} tokens`, make: async () => spread(await sign(CALLERS, alg, key)), warms: true },
      { name: `${alg} cold`, make: () => sign(cold, alg, key), warms: false },
    ]),
  ];
}

function toMedian(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

async function runBench(signal: AbortSignal): Promise<boolean> {
  const [repeat, warm, cold] = (['repeat', 'warm', 'cold'] as const).map((name) => toNumber(`--${name}`, values[name]));
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-tokens-'));
  const keys = await startKeyServer();
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  const upstreamPort = await findFreePort();
  const upstream = startProgram('upstream', [upstreamPort], signal);
  const stops: (() => Promise<void>)[] = [() => upstream.stop()];
  try {
    await upstream.waitForPort(upstreamPort);
    const { port, child } = await startGateway(folder, issuer, upstreamPort, signal);
    stops.push(() => child.stop());
    const rows = makeRows(toCallBytes(port), issuer, warm as number, cold as number);
    const cpuUs = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
    for (let repetition = -1; repetition < (repeat as number); repetition++) {
      for (let i = 0; i < rows.length; i++) {
        const { name, make, warms } = rows[(i + Math.max(0, repetition)) % rows.length] as Row;
        const requests = await make();
        if (warms) await sendCalls(port, [...new Set(requests)], CONNECTIONS);
        const beforeMs = readCpuMs([child.pid]);
        await sendCalls(port, requests, CONNECTIONS);
        const us = ((readCpuMs([child.pid]) - beforeMs) * 1000) / requests.length;
        // The first round lets everything be compiled.
        if (repetition >= 0) cpuUs.get(name)?.push(us);
        console.error(`${repetition + 1}/${repeat} ${name}: ${us.toFixed(1)} us`);
      }
    }
    return await report(cpuUs);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
    keys.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns whether what a warm token adds is within what was asked for */
async function report(cpuUs: ReadonlyMap<string, readonly number[]>): Promise<boolean> {
  const without = cpuUs.get('no token') ?? [];
  const rows = [...cpuUs].map(([name, us]) => ({
    name,
    cpuUs: toMedian(us),
    /** Against no token in the same repetition. */
    addsUs: toMedian(us.map((each, i) => each - (without[i] ?? Number.NaN))),
    repetitions: us,
  }));
  await mkdir(dirname(values.json), { recursive: true });
  const machine = toMachine();
  await writeFile(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), node: process.version, machine, rows }, undefined, 2)}\n`,
  );
  console.log(`\nNode ${process.version}, ${machine}, ${CONNECTIONS} connections\n`);
  console.log(`${'tools/call with'.padEnd(24)}  CPU us/request    adds`);
  for (const { name, cpuUs: us, addsUs } of rows)
    console.log(`${name.padEnd(24)}  ${us.toFixed(1).padStart(14)}  ${addsUs.toFixed(1).padStart(6)}`);
  const most = Number(values['assert-warm-us']);
  return rows.every(({ name, addsUs }) => !name.endsWith(' warm') || addsUs <= most);
}

if (values.help) {
  console.log(HELP);
} else {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  process.exitCode = (await runBench(stop.signal)) ? 0 : 1;
}
