// Several processes behind one port: they share the work, are counted as one and leave together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendCall } from '../support/mcp-request.ts';
import { toConfig } from './support/child-gateway.ts';
import { openCall, openToolCall } from './support/open-call.ts';
import { startUpstream } from './support/start.ts';
import { readWorkers, SEALING, startTwoWorkers, untilGone } from './support/two-workers.ts';
import { within } from './support/until.ts';

const callTool = (port: number) => sendCall(port, 'tools/call', { name: 'plain' }, 'plain');

test('metrics are the sum of both workers, and readiness speaks of each', async (t) => {
  const { gateway, upstream } = await startTwoWorkers(t);
  for (let i = 0; i < 20; i++) assert.equal((await callTool(gateway.port)).status, 200);
  assert.equal((await sendCall(gateway.port, 'tools/none')).status, 404);
  const metrics = await gateway.scrape();
  const labels = { method: 'tools/call', endpoint: '/mcp', upstream: 'fleet', outcome: 'answered' };
  assert.equal(metrics.get('mcp_gateway_requests_total', labels), 20);
  assert.equal(metrics.get('mcp_gateway_request_duration_seconds_count', { method: 'tools/call' }), 20);
  assert.equal(metrics.get('mcp_gateway_refusals_total', { kind: 'unknown_method' }), 1);
  const instance = { upstream: 'fleet', instance: `127.0.0.1:${upstream.port}` };
  assert.equal(metrics.get('mcp_gateway_upstream_instance_healthy', instance), 1);
  const { status, text } = await gateway.ask('/readyz?verbose');
  assert.equal(status, 200);
  assert.match(text, /^\[\+\] workers: 2 of 2 listening$/m);
  assert.equal(text.match(/^\[\+\] worker \d+: upstream fleet: 1 of 1 instances healthy$/gm)?.length, 2);
});

test('SIGHUP reaches both workers', async (t) => {
  const { gateway, upstream } = await startTwoWorkers(t);
  const next = await startUpstream(t);
  await gateway.write(toConfig([next.url], { workers: 2, sealing: SEALING }));
  gateway.kill('SIGHUP');
  await gateway.waitForLog('configuration in force', 2, 1_500);
  for (let i = 0; i < 10; i++) assert.equal((await callTool(gateway.port)).status, 200);
  assert.deepEqual([upstream.hits.length, next.hits.length], [0, 10]);
});

test('SIGTERM drains both workers, exits with 0 and leaves no process behind', async (t) => {
  const { gateway, upstream, release } = await startTwoWorkers(t, { drain: { grace: '10s' } });
  const pids = await readWorkers(gateway);
  const params = { notifications: {} };
  const streams = Array.from({ length: 4 }, (_, id) =>
    openCall({ port: gateway.port, method: 'subscriptions/listen', params, id }),
  );
  for (const stream of streams) await stream.read('acknowledged');
  const held = [openToolCall(gateway.port, 'held'), openToolCall(gateway.port, 'held')];
  await within(5_000, 'all requests', upstream.waitForHits(6));
  gateway.kill('SIGTERM');
  for (const [id, stream] of streams.entries()) {
    const { text, whole } = await stream.end(2_000);
    assert.equal(whole, true);
    assert.ok(text.includes(`"io.modelcontextprotocol/subscriptionId":${id}`));
  }
  assert.equal((await gateway.ask('/readyz')).status, 503);
  release();
  for (const call of held) assert.equal((await call.end(2_000)).status, 200);
  assert.deepEqual(await gateway.exit(3_000), { code: 0, signal: null });
  await untilGone(pids);
});

test('workers do not outlive a primary that is killed', async (t) => {
  const { gateway } = await startTwoWorkers(t);
  const pids = await readWorkers(gateway);
  gateway.kill('SIGKILL');
  await gateway.exit();
  await untilGone(pids);
});
