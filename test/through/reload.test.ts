// A new configuration takes force as a whole, or not at all, and no request notices.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { answerResult } from '../support/fake-upstream.ts';
import { sendCall, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type Layout, startChildGateway, toConfig } from './support/child-gateway.ts';
import { openToolCall } from './support/open-call.ts';
import { countHits, startUpstream, startUpstreams } from './support/start.ts';
import { SEALING } from './support/two-workers.ts';
import { until, within } from './support/until.ts';

const IN_FORCE = 'configuration in force';
const callTool = (port: number) => sendCall(port, 'tools/call', { name: 'plain' }, 'plain');

test('SIGHUP puts a changed file in force', async (t) => {
  const [old, next] = await startUpstreams(t, 2);
  const gateway = await startChildGateway(t, toConfig([old?.url ?? '']));
  assert.equal((await callTool(gateway.port)).status, 200);
  const digest = (await gateway.waitForLog('listening')).config;
  await gateway.write(toConfig([next?.url ?? '']));
  gateway.kill('SIGHUP');
  assert.notEqual((await gateway.waitForLog(IN_FORCE, 1, 1_500)).config, digest);
  assert.equal((await callTool(gateway.port)).status, 200);
  assert.deepEqual([old?.hits.length, next?.hits.length], [1, 1]);
  const metrics = await gateway.scrape();
  assert.equal(metrics.get('mcp_gateway_config_reloads_total', { outcome: 'applied' }), 1);
});

test('a change is noticed without a signal, and the next one too', { concurrency: true }, async (t) => {
  const layouts: readonly Layout[] = ['file', 'configmap'];
  const inOrder = layouts.map((layout) =>
    t.test(`in a ${layout}`, async (t) => {
      const fleet = await startUpstreams(t, 3);
      const gateway = await startChildGateway(t, toConfig([fleet[0]?.url ?? '']), layout);
      for (const at of [1, 2]) {
        await gateway.write(toConfig([fleet[at]?.url ?? '']));
        await gateway.waitForLog(IN_FORCE, at, 6_000);
        assert.equal((await callTool(gateway.port)).status, 200);
        assert.equal(fleet[at]?.hits.length, 1);
      }
    }),
  );
  await Promise.all(inOrder);
});

test('a broken file keeps the old configuration and the log says where it is broken', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([upstream.url]));
  const spoiled = { ...toConfig(['http://127.0.0.1:1/mcp']), colour: 'red' };
  await gateway.write(spoiled);
  gateway.kill('SIGHUP');
  const { errors } = await gateway.waitForLog('configuration kept: the new one has errors');
  assert.match(JSON.stringify(errors), /gateway\.yaml:\d+:\d+.*colour/);
  await gateway.write('listen: {');
  gateway.kill('SIGHUP');
  await gateway.waitForLog('configuration kept: the new one has errors', 2);
  assert.equal((await callTool(gateway.port)).status, 200);
  assert.equal((await gateway.ask('/readyz')).status, 200);
  const metrics = await gateway.scrape();
  assert.equal(metrics.get('mcp_gateway_config_reloads_total', { outcome: 'rejected' }), 2);
});

test('a change that needs a restart is refused as a whole', async (t) => {
  const [old, next] = await startUpstreams(t, 2);
  const gateway = await startChildGateway(t, toConfig([old?.url ?? '']));
  await gateway.write(toConfig([next?.url ?? ''], { workers: 2, sealing: SEALING, limits: { connections: 5 } }));
  gateway.kill('SIGHUP');
  const { keys } = await gateway.waitForLog('configuration kept: these keys need a restart');
  assert.deepEqual(keys, ['limits.connections', 'workers']);
  assert.equal((await callTool(gateway.port)).status, 200);
  assert.deepEqual([old?.hits.length, next?.hits.length], [1, 0]);
});

test('a request in flight keeps the configuration it began with', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const old = await startUpstream(t, async (hit, response) => {
    if (hit.message.params.name === 'held') await released;
    answerResult(hit, response);
  });
  const next = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([old.url]));
  const held = openToolCall(gateway.port, 'held');
  await within(5_000, 'the call', old.waitForHits(1));
  // The second one has sent its headers alone, to an endpoint the next configuration does not have.
  const body = toRequestBody('tools/call', { name: 'plain' });
  const lines = [...toHeaderLines('tools/call', 'plain'), ['Host', '127.0.0.1'], ['Content-Length', `${body.length}`]];
  const socket = connect(gateway.port, '127.0.0.1');
  t.after(() => socket.destroy());
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  await until('both are open', async () => (await gateway.scrape()).get('mcp_gateway_requests_in_flight') === 2);

  await gateway.write({ ...toConfig([next.url]), endpoints: { '/other': { upstream: 'fleet' } } });
  gateway.kill('SIGHUP');
  await gateway.waitForLog(IN_FORCE);
  assert.equal((await callTool(gateway.port)).status, 404);
  socket.write(body);
  await until('the second one is answered', () => answer.startsWith('HTTP/1.1 200 '));
  release();
  const { status, whole } = await held.end();
  assert.deepEqual([status, whole], [200, true]);
  assert.deepEqual([old.hits.length, next.hits.length], [2, 0]);
});

test('under constant load no request fails across twenty reloads', async (t) => {
  const fleet = await startUpstreams(t, 4);
  const halves = [fleet.slice(0, 2), fleet.slice(2)].map((half) => toConfig(half.map(({ url }) => url)));
  const gateway = await startChildGateway(t, halves[0] ?? assert.fail());
  const statuses = new Map<number, number>();
  const over = new AbortController();
  const load = Array.from({ length: 8 }, async () => {
    while (!over.signal.aborted) {
      const { status, whole } = await callTool(gateway.port);
      const key = whole ? status : 0;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
    }
  });
  for (let reload = 1; reload <= 20; reload++) {
    await gateway.write(halves[reload % 2] ?? assert.fail());
    gateway.kill('SIGHUP');
    await gateway.waitForLog(IN_FORCE, reload);
    const before = countHits(fleet);
    await until('calls go on', () => countHits(fleet) >= before + 20);
  }
  over.abort();
  await Promise.all(load);
  assert.deepEqual([...statuses.keys()], [200]);
  for (const { hits } of fleet) assert.ok(hits.length > 20);
  gateway.kill('SIGTERM');
  assert.deepEqual(await gateway.exit(3_000), { code: 0, signal: null });
});
