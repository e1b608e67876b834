// SIGTERM: the process leaves the rotation, ends its streams, lets calls finish, and is gone.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { answerResult, type Behaviour, toEvent } from '../support/fake-upstream.ts';
import { sendCall } from '../support/mcp-request.ts';
import { startChildGateway, toConfig } from './support/child-gateway.ts';
import { openCall, openToolCall } from './support/open-call.ts';
import type { Labels } from './support/read-metrics.ts';
import { startUpstream } from './support/start.ts';
import { until, within } from './support/until.ts';

/** A listening stream is acknowledged, except a mute one; the tool `held` is answered on release; all others at once. */
function makeBehaviour(): { behaviour: Behaviour; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    release: resolve,
    async behaviour(hit, response) {
      if (hit.message.method === 'subscriptions/listen') {
        if (hit.message.id === 'mute') return;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(toEvent({ method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } }));
        return;
      }
      if (hit.message.params.name === 'held') await promise;
      answerResult(hit, response);
    },
  };
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });
}

const listen = (port: number, id: string | number) =>
  openCall({ port, method: 'subscriptions/listen', params: { notifications: {} }, id });

test('SIGTERM ends streams with their completion, lets a call finish, and the process exits with 0', async (t) => {
  const { behaviour, release } = makeBehaviour();
  const upstream = await startUpstream(t, behaviour);
  const gateway = await startChildGateway(t, toConfig([upstream.url], { drain: { grace: '10s' } }));
  const streams = [listen(gateway.port, 'listen:0'), listen(gateway.port, 7)];
  for (const stream of streams) await stream.read('acknowledged');
  const mute = listen(gateway.port, 'mute');
  const held = openToolCall(gateway.port, 'held');
  await within(5_000, 'all requests', upstream.waitForHits(4));
  assert.equal((await gateway.ask('/readyz')).status, 200);

  gateway.kill('SIGTERM');
  await until('readiness is gone', async () => (await gateway.ask('/readyz')).status === 503, 1_000);
  assert.equal((await gateway.ask('/livez')).status, 200);
  await until('the listener is closed', () => isRefused(gateway.port), 1_000);
  for (const [at, id] of ['"listen:0"', '7'].entries()) {
    const { text, whole } = (await streams[at]?.end(2_000)) ?? assert.fail();
    assert.equal(whole, true);
    const events = text.trimEnd().split('\n\n');
    assert.deepEqual(JSON.parse(events.at(-1)?.replace(/^data: /, '') ?? ''), {
      jsonrpc: '2.0',
      id: JSON.parse(id),
      result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': JSON.parse(id) } },
    });
  }
  const muted = await mute.end(2_000);
  assert.deepEqual([muted.status, muted.whole], [200, true]);
  assert.match(muted.text, /"resultType":"complete"/);
  for (const { left } of upstream.hits.filter(({ message }) => message.method === 'subscriptions/listen')) {
    assert.equal(await within(2_000, 'the upstream to be left', left), true);
  }
  release();
  const answer = await held.end(2_000);
  assert.deepEqual([answer.status, answer.whole], [200, true]);
  assert.deepEqual(await gateway.exit(3_000), { code: 0, signal: null });
  assert.equal((await gateway.waitForLog('stopped')).cut, 0);
});

test('a stream the gateway ended is counted as drained', async (t) => {
  const { behaviour, release } = makeBehaviour();
  const upstream = await startUpstream(t, behaviour);
  const gateway = await startChildGateway(t, toConfig([upstream.url], { drain: { grace: '10s' } }));
  const stream = listen(gateway.port, 1);
  await stream.read('acknowledged');
  // Keeps the process, and its metrics, until the stream is counted.
  const held = openToolCall(gateway.port, 'held');
  await within(5_000, 'both requests', upstream.waitForHits(2));
  gateway.kill('SIGTERM');
  assert.equal((await stream.end(2_000)).whole, true);
  const listened = { method: 'subscriptions/listen', endpoint: '/mcp', upstream: 'fleet' };
  const count = async (labels: Labels) => (await gateway.scrape()).get('mcp_gateway_requests_total', labels);
  await until('it is counted', async () => (await count(listened)) === 1, 1_000);
  assert.equal(await count({ ...listened, outcome: 'drained' }), 1);
  release();
  await held.end();
});

test('what does not end within grace is cut, and the exit is still 0', async (t) => {
  const upstream = await startUpstream(t, makeBehaviour().behaviour);
  const gateway = await startChildGateway(t, toConfig([upstream.url], { drain: { grace: '300ms' } }));
  const held = openToolCall(gateway.port, 'held');
  const [hit] = await within(5_000, 'the request', upstream.waitForHits(1));
  gateway.kill('SIGTERM');
  assert.deepEqual(await gateway.exit(3_000), { code: 0, signal: null });
  assert.equal((await held.end()).whole, false);
  assert.equal(await within(1_000, 'the upstream to be left', hit?.left ?? assert.fail()), true);
  assert.equal((await gateway.waitForLog('stopped')).cut, 1);
});

test('a second SIGTERM ends the process at once', async (t) => {
  const upstream = await startUpstream(t, makeBehaviour().behaviour);
  const gateway = await startChildGateway(t, toConfig([upstream.url], { drain: { grace: '60s' } }));
  const held = openToolCall(gateway.port, 'held');
  await within(5_000, 'the request', upstream.waitForHits(1));
  gateway.kill('SIGTERM');
  await until('it drains', async () => (await gateway.ask('/readyz')).status === 503, 2_000);
  gateway.kill('SIGTERM');
  assert.deepEqual(await gateway.exit(1_000), { code: 1, signal: null });
  assert.equal((await held.end()).whole, false);
});

test('during the notice the gateway says it is not ready and still serves', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([upstream.url], { drain: { notice: '1s', grace: '2s' } }));
  gateway.kill('SIGTERM');
  await until('readiness is gone', async () => (await gateway.ask('/readyz')).status === 503, 900);
  const call = await sendCall(gateway.port, 'tools/call', { name: 'plain' }, 'plain');
  assert.deepEqual([call.status, call.whole], [200, true]);
  assert.deepEqual(await gateway.exit(3_000), { code: 0, signal: null });
});

test('SIGINT is as good as SIGTERM, and an idle gateway is gone at once', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([upstream.url]));
  assert.equal((await sendCall(gateway.port, 'tools/list')).status, 200);
  gateway.kill('SIGINT');
  assert.deepEqual(await gateway.exit(1_500), { code: 0, signal: null });
});
