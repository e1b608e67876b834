// `npm run bench:quota`: the CPU one admission costs in memory with five rules, and the memory that counters take.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Permitted, Principal } from '../gateway/exchange.ts';
import { METHODS } from '../gateway/mcp/methods.ts';
import { MemoryStore } from '../gateway/quota/memory-store.ts';
import { makeQuota, type Quota } from '../gateway/quota/quota.ts';
import type { QuotaRule } from '../gateway/quota/quota-settings.ts';
import type { QuotaStore } from '../gateway/quota/quota-store.ts';
import { RedisStore } from '../gateway/quota/redis-store.ts';
import { findFreePort } from './find-free-port.ts';
import { toNumber } from './to-number.ts';

const HELP = `npm run bench:quota -- [options]
  --calls N           admissions of one measurement in memory (default 1000000)
  --identities N      callers of the measurements of memory (default 100000)
  --redis             measures a redis-server too
  --assert-us U       exit 1 when an admission with five rules costs more than U microseconds of CPU
`;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    identities: { type: 'string', default: '100000' },
    redis: { type: 'boolean', default: false },
    'assert-us': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});

const RATE = { count: 1_000_000_000, periodMs: 1000 };
/** A rate that is not paid off while its memory is measured. */
const SLOW_RATE = { count: 100, periodMs: 86_400_000 };
const CALLERS = 1000;

function makeRule(id: string, parts: Partial<QuotaRule<never>>): QuotaRule<never> {
  return {
    id,
    per: { by: 'principal' },
    match: { methods: [], names: [], endpoints: [] },
    to: undefined,
    rate: undefined,
    burst: undefined,
    concurrent: undefined,
    tasks: undefined,
    onStoreFailure: 'deny',
    ...parts,
  };
}

const FIVE = [
  makeRule('calls', { rate: RATE, match: { methods: ['tools/call'], names: [], endpoints: [] } }),
  makeRule('client', { rate: RATE, per: { by: 'client' } }),
  makeRule('endpoint', { rate: RATE, per: { by: 'endpoint' } }),
  makeRule('issuer', { rate: RATE, per: { by: 'issuer' } }),
  makeRule('width', { concurrent: 100 }),
];
const WITH_NAMES_AND_ADDRESSES = [
  ...FIVE.slice(0, 3),
  makeRule('address', { rate: RATE, per: { by: 'address' } }),
  makeRule('names', { rate: RATE, match: { methods: [], names: ['get_*', '*_forecast'], endpoints: [] } }),
];

function makeRequest(subject: string): Permitted {
  const principal = {
    kind: 'token',
    issuer: 'https://issuer.example',
    subject,
    client: 'agent',
    claims: {},
  } as unknown as Principal;
  return {
    principal,
    address: '192.0.2.1',
    endpoint: { path: '/mcp' },
    headers: {},
    authorization: [],
    query: '',
    readBody: undefined,
    bearer: undefined,
    body: Buffer.alloc(0),
    envelope: { method: METHODS.get('tools/call'), name: 'get_forecast', idLiteral: '1', extensions: [] },
    params: undefined,
    edits: [],
    permit: {},
    task: undefined,
  } as unknown as Permitted;
}

function makeBenchQuota(rules: readonly QuotaRule<never>[], store: QuotaStore, headers = false): Quota {
  const deps = { compileGrant: () => () => true, onAdmission: () => {}, nowMs: () => performance.now() };
  return makeQuota({ rules, headers }, store, deps);
}

const makeMemory = (maxKeys: number): MemoryStore =>
  new MemoryStore({ maxKeys }, { nowUs: () => performance.now() * 1000, seed: 12345 });

/** Microseconds of CPU per admission and release. */
function measureCpu(rules: readonly QuotaRule<never>[], calls: number, headers = false): number {
  const quota = makeBenchQuota(rules, makeMemory(100_000), headers);
  const requests = Array.from({ length: CALLERS }, (_, i) => makeRequest(`caller${i}`));
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const admitted = quota.admit(requests[i % CALLERS] as Permitted);
      if (admitted instanceof Promise) throw new Error('memory answers at once');
      if (headers) quota.toRateHeaders(admitted);
      quota.release(admitted);
    }
  };
  run(Math.min(calls, 200_000));
  const before = process.cpuUsage();
  run(calls);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Bytes per counter in a table that was made for exactly so many. */
function measureTable(identities: number): number {
  const before = process.memoryUsage().arrayBuffers;
  const store = makeMemory(identities);
  const bytes = process.memoryUsage().arrayBuffers - before;
  const quota = makeBenchQuota([makeRule('calls', { rate: SLOW_RATE })], store);
  const cpu = process.cpuUsage();
  for (let i = 0; i < identities; i++) void quota.admit(makeRequest(`caller${i}`));
  const { user, system } = process.cpuUsage(cpu);
  if (store.size !== identities) throw new Error('not every caller has a counter');
  show('one rule and a caller never seen', (user + system) / identities);
  return bytes / identities;
}

async function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`${command}\r\nQUIT\r\n`));
    let text = '';
    socket.on('data', (piece) => (text += piece.toString()));
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
}

const readField = (text: string, name: string): number => Number(new RegExp(`${name}[:=](\\d+)`).exec(text)?.[1] ?? 0);

async function measureRedis(identities: number): Promise<void> {
  const port = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-redis-'));
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: 'ignore',
  });
  const store = new RedisStore(
    { mode: 'single', url: `redis://127.0.0.1:${port}`, prefix: 'tollgate:', timeoutMs: 5000 },
    {
      nowMs: () => performance.now(),
      startTimer: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      processId: 'bench',
      onStoreEvent: () => {},
    },
  );
  try {
    if (!(await store.connected(5000))) throw new Error('no redis-server');
    await measureRoundTrips(store, port);
    const before = readField(await ask(port, 'INFO memory'), 'used_memory');
    const quota = makeBenchQuota([makeRule('idle', { rate: SLOW_RATE })], store);
    for (let i = 0; i < identities; i += 500) {
      await Promise.all(Array.from({ length: 500 }, async (_, j) => quota.admit(makeRequest(`caller${i + j}`))));
    }
    const bytes = (readField(await ask(port, 'INFO memory'), 'used_memory') - before) / identities;
    const megabytes = (bytes * 1_000_000) / 2 ** 20;
    console.log(
      `redis: ${bytes.toFixed(0)} bytes a counter (${identities} measured); a million: ${megabytes.toFixed(0)} MiB`,
    );
  } finally {
    store.close();
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRoundTrips(store: RedisStore, port: number): Promise<void> {
  const CALLS = 20_000;
  const AT_ONCE = 100;
  const quota = makeBenchQuota(FIVE.slice(0, 4), store);
  const requests = Array.from({ length: CALLERS }, (_, i) => makeRequest(`caller${i}`));
  await quota.admit(requests[0] as Permitted);
  const before = await ask(port, 'INFO commandstats');
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (let i = 0; i < CALLS; i += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, j) => quota.admit(requests[(i + j) % CALLERS] as Permitted)),
    );
  }
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (CALLS * 1000) / (performance.now() - begun);
  const after = await ask(port, 'INFO commandstats');
  const sent = readField(after, 'cmdstat_evalsha:calls') - readField(before, 'cmdstat_evalsha:calls');
  const serverUs = Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(after)?.[1] ?? 0);
  console.log(`redis: ${(sent / CALLS).toFixed(3)} round trips an admission of four rules, ${AT_ONCE} at once`);
  console.log(
    `redis: ${((user + system) / CALLS).toFixed(1)} us of our CPU, ${serverUs} us of the server's, ${perSecond.toFixed(0)}/s`,
  );
}

function show(name: string, us: number): void {
  console.log(`memory: ${us.toFixed(3)} us of CPU, ${name}`);
}

if (values.help) {
  console.log(HELP);
} else {
  const calls = toNumber('--calls', values.calls);
  const identities = toNumber('--identities', values.identities);
  const none = measureCpu([], calls);
  const five = measureCpu(FIVE, calls);
  show('no rule', none);
  show('five rules', five);
  show('five rules, two of them by name and address', measureCpu(WITH_NAMES_AND_ADDRESSES, calls));
  show('five rules, with RateLimit fields', measureCpu(FIVE, calls, true));
  console.log(`memory: ${measureTable(identities).toFixed(1)} bytes a counter, in flat arrays`);
  if (values.redis) await measureRedis(identities);
  if (five - none > Number(values['assert-us'])) process.exitCode = 1;
}
