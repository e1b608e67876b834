// The gauges of a running gateway: certificates, sealing keys and live tasks are what they say, and exemplars reach who asks.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { startRedis } from '../quota/support/start-redis.ts';
import { askTask, makeTaskServer, readTaskId, startTask } from '../quota/support/task-client.ts';
import { makeTlsFiles } from '../support/certificates.ts';
import { type ChildGateway, startChildGateway, toConfig } from '../support/child-gateway.ts';
import { openToolCall } from '../support/open-call.ts';
import { startGateway, startUpstream } from '../support/start.ts';
import { readWorkers, SEALING } from '../support/two-workers.ts';
import { until } from '../support/until.ts';
import { sendMixed, type Wish } from './support/mixed-client.ts';

const EXPIRY = 'mcp_gateway_certificate_expiry_timestamp_seconds';
const LOADED = 'mcp_gateway_sealing_key_loaded_timestamp_seconds';
const LIVE = 'mcp_gateway_quota_live_tasks';
const EXTENSIONS = { 'io.modelcontextprotocol/tasks': { to: { everyone: true } } };

const toEnd = (...pems: readonly string[]): number =>
  Math.min(...pems.map((pem) => Date.parse(new X509Certificate(pem).validTo))) / 1000;

test('each configured certificate tells when it, or the first of its chain, ends', async (t) => {
  const { authority, here, write } = await makeTlsFiles(t);
  const client = authority.certify('DNS:gateway.test');
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    config: {
      listen: {
        host: '127.0.0.1',
        port: 0,
        tls: { cert: await write(here.cert + authority.ca), key: await write(here.key) },
      },
      upstreams: {
        fleet: { instances: [upstream.url] },
        far: {
          instances: ['https://127.0.0.1:1/mcp'],
          tls: { ca: await write(authority.ca), cert: await write(client.cert), key: await write(client.key) },
        },
      },
    },
  });
  const { samples } = await gateway.scrape();
  assert.deepEqual(
    samples.filter(({ name }) => name === EXPIRY).map(({ labels, value }) => [labels['certificate'], value]),
    [
      ['listen', toEnd(here.cert, authority.ca)],
      ['upstream:far', toEnd(client.cert)],
    ],
  );
});

test('without certificates there is no expiry', async (t) => {
  const gateway = await startGateway(t, { instances: [(await startUpstream(t)).url] });
  assert.equal(
    (await gateway.scrape()).samples.some(({ name }) => name === EXPIRY),
    false,
  );
});

test('the key that seals keeps its time over reloads, until another one seals', async (t) => {
  const [old, next] = SEALING.keys.flatMap((key) => [
    key,
    { id: 'k2', secret: Buffer.alloc(32, 7).toString('base64') },
  ]);
  const gateway = await startGateway(t, {
    instances: [(await startUpstream(t)).url],
    config: { sealing: { keys: [old] } },
  });
  const read = async () =>
    (await gateway.scrape()).samples
      .filter(({ name }) => name === LOADED)
      .map(({ labels, value }) => [labels['key'], value] as const);
  const [first] = await read();
  assert.ok(first);
  assert.equal(first[0], 'k1');
  assert.ok(Math.abs(first[1] - Date.now() / 1000) < 60);
  await gateway.apply({ sealing: { keys: [old, { ...next, openOnly: true }] } });
  assert.deepEqual(await read(), [first]);
  await until('the clock has moved on', () => Date.now() / 1000 > first[1]);
  await gateway.apply({ sealing: { keys: [next, { ...old, openOnly: true }] } });
  const [second, ...others] = await read();
  assert.deepEqual([second?.[0], others], ['k2', []]);
  assert.ok(Number(second?.[1]) > first[1]);
});

const RULES = [
  { id: 'few', per: 'principal', tasks: { live: 50 } },
  { id: 'starts', per: 'principal', tasks: { start: '1000/1h' } },
];

async function readLive(gateway: Pick<ChildGateway, 'scrape'>): Promise<Readonly<Record<string, number>>> {
  const { samples } = await gateway.scrape();
  return Object.fromEntries(
    samples.filter(({ name }) => name === LIVE).map(({ labels, value }) => [labels['rule'], value]),
  );
}

test('in memory live tasks are exact at every scrape', async (t) => {
  const server = makeTaskServer();
  const upstream = await startUpstream(t, server.behaviour);
  const gateway = await startGateway(t, { instances: [upstream.url], config: { quotas: { rules: RULES } } });
  assert.deepEqual(await readLive(gateway), { few: 0 });
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(readTaskId(await startTask(gateway.port)));
  assert.deepEqual(await readLive(gateway), { few: 5 });
  server.status = 'completed';
  assert.equal((await askTask(gateway.port, 'tasks/get', ids[0] ?? '')).status, 200);
  assert.deepEqual(await readLive(gateway), { few: 4 });
  await gateway.apply({ quotas: { rules: [{ ...RULES[0], id: 'other' }] } });
  assert.deepEqual(await readLive(gateway), { other: 0 });
});

test('with Redis workers do not count a task twice', async (t) => {
  const redis = await startRedis(t);
  const upstream = await startUpstream(t, makeTaskServer().behaviour);
  const quotas = { store: redis.url, storeTimeout: '2s', rules: RULES };
  const config = toConfig([upstream.url], { workers: 2, sealing: SEALING, extensions: EXTENSIONS, quotas });
  const first = await startChildGateway(t, config);
  for (let i = 0; i < 7; i++) assert.equal((await startTask(first.port)).status, 200);
  const second = await startChildGateway(t, config);
  await until('both its workers serve', async () => (await readWorkers(second)).length === 2);
  await until('they have counted', async () => (await readLive(second))['few'] !== undefined);
  assert.deepEqual(await readLive(second), { few: 7 });
});

test('with Redis every process tells the tasks of all, when it has counted them', async (t) => {
  const redis = await startRedis(t);
  const server = makeTaskServer();
  const upstream = await startUpstream(t, server.behaviour);
  const config = {
    extensions: EXTENSIONS,
    sealing: SEALING,
    quotas: { store: redis.url, storeTimeout: '2s', rules: RULES },
  };
  const start = () => startGateway(t, { instances: [upstream.url], config });
  const one = await start();
  const ids = [];
  for (let i = 0; i < 6; i++) ids.push(readTaskId(await startTask(one.port)));
  server.ttlMs = 1;
  await startTask(one.port);
  server.ttlMs = null;
  server.status = 'completed';
  await askTask(one.port, 'tasks/get', ids[0] ?? '');
  await askTask(one.port, 'tasks/get', ids[0] ?? '');
  const keys = async (): Promise<string[]> =>
    (await redis.ask('KEYS', '*:live:*')).split('\r\n').filter((line) => line.includes(':live:'));
  await until('the set holds the tasks', async () => {
    const [key = ''] = await keys();
    return (await redis.ask('ZCARD', key)) === ':6';
  });
  // A process that starts counts at once; what has expired is not among them.
  const other = await start();
  await until('it has counted', async () => (await readLive(other))['few'] !== undefined);
  assert.deepEqual(await readLive(other), { few: 5 });
  const [key = '', ...more] = await keys();
  assert.deepEqual(more, []);
  assert.ok(Number((await redis.ask('PTTL', key)).slice(1)) > 0);
  assert.doesNotMatch(key, /few/);
});

test('with Redis that does not answer nothing is told, and a scrape waits for nobody', async (t) => {
  const redis = await startRedis(t);
  const upstream = await startUpstream(t);
  const config = { sealing: SEALING, quotas: { store: redis.url, rules: RULES } };
  redis.freeze();
  const gateway = await startGateway(t, { instances: [upstream.url], config });
  const startedMs = performance.now();
  assert.deepEqual(await readLive(gateway), {});
  assert.ok(performance.now() - startedMs < 1000);
  redis.thaw();
});

async function scrapeOpen({ adminPort }: ChildGateway): Promise<Response> {
  return fetch(`http://127.0.0.1:${adminPort}/metrics`, {
    headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4' },
  });
}

for (const workers of [1, 2]) {
  test(`exemplars of recorded traces reach a scraper that asks for OpenMetrics, with workers: ${workers}`, async (t: TestContext) => {
    const receiver = await startOtlpReceiver();
    t.after(() => receiver.close());
    const upstream = await startUpstream(t);
    const telemetry = { traces: { otlp: receiver.url, sample: 1 } };
    const gateway = await startChildGateway(t, toConfig([upstream.url], { workers, sealing: SEALING, telemetry }));
    assert.equal((await openToolCall(gateway.port).end()).status, 200);
    await until('it is counted', async () => (await gateway.scrape()).get('mcp_gateway_tool_calls_total') === 1);
    const answer = await scrapeOpen(gateway);
    const body = await answer.text();
    assert.match(String(answer.headers.get('content-type')), /^application\/openmetrics-text; version=1\.0\.0/);
    const [, traceId] =
      /^mcp_gateway_request_duration_seconds_bucket\{.*\} 1 # \{trace_id="([0-9a-f]{32})"\}/m.exec(body) ?? [];
    assert.equal(upstream.hits.at(-1)?.request.headers['traceparent']?.slice(3, 35), traceId);
    assert.doesNotMatch((await gateway.ask('/metrics')).text, /trace_id/);
  });
}

test('lines that a flood left out of the log are counted', async (t) => {
  const gateway = await startChildGateway(t, toConfig([(await startUpstream(t)).url]));
  const wish: Wish = { method: 'tools/list', body: '[]' };
  await sendMixed(
    gateway.port,
    Array.from({ length: 600 }, () => wish),
  );
  const countLines = (): number => gateway.log.filter(({ kind }) => kind === 'not_a_request').length;
  await until('every line was written or counted', async () => {
    const leftOut = (await gateway.scrape()).get('mcp_gateway_log_lines_suppressed_total');
    return leftOut > 0 && leftOut + countLines() === 600;
  });
});
