// The admin listener: alive, ready, and metrics that count what happened and never repeat a client's words.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { answerResult, type Behaviour } from '../support/fake-upstream.ts';
import { sendCall, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type ChildGateway, startChildGateway, toConfig } from './support/child-gateway.ts';
import { openToolCall } from './support/open-call.ts';
import { startRawUpstream } from './support/raw-upstream.ts';
import { startUpstream } from './support/start.ts';
import { until } from './support/until.ts';

const callTool = (port: number) => sendCall(port, 'tools/call', { name: 'plain' }, 'plain');
const reset: Behaviour = (hit) => void hit.request.socket.resetAndDestroy();

/** An upstream that is well and one that is out. */
async function startHalfSick(t: TestContext): Promise<ChildGateway> {
  const well = await startUpstream(t);
  const sick = await startRawUpstream(t, (socket) => void socket.resetAndDestroy());
  const upstreams = {
    well: { instances: [well.url] },
    sick: { instances: [sick.url], health: { active: { every: '50ms', timeout: '50ms' } } },
  };
  return startChildGateway(t, {
    ...toConfig([]),
    upstreams,
    endpoints: { '/mcp': { upstream: 'well' }, '/sick': { upstream: 'sick' } },
  });
}

test('one sick upstream does not take the gateway out of rotation, and is told when asked', async (t) => {
  const gateway = await startHalfSick(t);
  assert.deepEqual(await gateway.ask('/livez'), { status: 200, text: 'ok\n' });
  await until('the sick one is out', async () => (await gateway.ask('/readyz?verbose')).text.includes('[!]'));
  assert.deepEqual(await gateway.ask('/readyz'), { status: 200, text: 'ready\n' });
  const { status, text } = await gateway.ask('/readyz?verbose');
  assert.equal(status, 200);
  assert.match(text, /^\[\+\] listening$/m);
  assert.match(text, /^\[\+\] upstream well: 1 of 1 instances healthy$/m);
  assert.match(text, /^\[!\] upstream sick: 0 of 1 instances healthy$/m);
  assert.match(text, /\nready\n$/);
  assert.equal((await callTool(gateway.port)).status, 200);
});

test('the admin paths are not served to clients, nor the endpoints on the admin listener', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([upstream.url]));
  for (const target of ['/metrics', '/readyz', '/livez']) {
    const answer = await sendRaw({ port: gateway.port, lines: [], body: '', verb: 'GET', target });
    assert.equal(answer.status, 404, target);
  }
  assert.equal((await callTool(gateway.adminPort)).status, 404);
  assert.equal(upstream.hits.length, 0);
});

test('every kind of ending is counted where it belongs', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const well = await startUpstream(t, async (hit, response) => {
    if (hit.message.params.name === 'held') await released;
    if (hit.message.params.name !== 'wrong') return answerResult(hit, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, error: { code: -32602, message: 'no' } }));
  });
  const sick = await startUpstream(t, reset);
  const upstreams = {
    fleet: { instances: [well.url, sick.url], paramHeaders: 'forward', health: { ejectAfter: 4, ejectFor: '60s' } },
  };
  const gateway = await startChildGateway(t, { ...toConfig([]), upstreams });
  const labels = { endpoint: '/mcp', upstream: 'fleet' };
  const sickOne = { upstream: 'fleet', instance: `127.0.0.1:${sick.port}` };

  for (let i = 0; i < 4; i++) assert.equal((await sendCall(gateway.port, 'tools/list')).status, 200);
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await callTool(gateway.port)).status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 200, 502, 502],
  );
  assert.equal((await sendCall(gateway.port, 'tools/call', { name: 'wrong' }, 'wrong')).status, 200);
  assert.equal((await sendCall(gateway.port, 'initialize')).status, 404);
  const mismatch = toRequestBody('tools/call', { name: 'other' });
  await sendRaw({ port: gateway.port, lines: toHeaderLines('tools/call', 'plain'), body: mismatch });
  const held = openToolCall(gateway.port, 'held');
  await until('it is in flight', async () => (await gateway.scrape()).get('mcp_gateway_requests_in_flight') === 1);
  const during = await gateway.scrape();
  assert.equal(during.get('mcp_gateway_upstream_requests_in_flight', { upstream: 'fleet' }), 1);
  release();
  await held.end();
  await until('it is over', async () => (await gateway.scrape()).get('mcp_gateway_requests_in_flight') === 0);

  const { get } = await gateway.scrape();
  const count = (method: string, outcome: string): number =>
    get('mcp_gateway_requests_total', { ...labels, method, outcome });
  assert.deepEqual([count('tools/list', 'answered'), count('tools/list', 'refused')], [4, 0]);
  assert.deepEqual([count('tools/call', 'answered'), count('tools/call', 'refused')], [3, 2]);
  assert.equal(count('tools/call', 'answered_error'), 1);
  assert.equal(get('mcp_gateway_requests_total', { method: 'none', outcome: 'refused' }), 2);
  assert.equal(get('mcp_gateway_requests_total'), 12);
  for (const [kind, times] of [
    ['unknown_method', 1],
    ['header_mismatch', 1],
    ['upstream_failed', 2],
  ] as const) {
    assert.equal(get('mcp_gateway_refusals_total', { kind }), times, kind);
  }
  assert.equal(get('mcp_gateway_upstream_attempt_failures_total', { ...sickOne, fault: 'cut' }), 4);
  assert.equal(get('mcp_gateway_upstream_retries_total', { upstream: 'fleet' }), 2);
  assert.equal(get('mcp_gateway_upstream_ejections_total', sickOne), 1);
  assert.equal(get('mcp_gateway_upstream_instance_healthy', sickOne), 0);
  assert.equal(get('mcp_gateway_upstream_instance_healthy', { upstream: 'fleet' }), 1);
  assert.equal(get('mcp_gateway_request_duration_seconds_count', { method: 'tools/call' }), 6);
  assert.equal(get('mcp_gateway_request_duration_seconds_bucket', { method: 'tools/call', le: '+Inf' }), 6);
  assert.ok(get('mcp_gateway_request_duration_seconds_sum', { method: 'tools/call' }) > 0);
});

test('whatever clients send, no label repeats it and no series is added', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startChildGateway(t, toConfig([upstream.url]));
  async function flood(): Promise<string[]> {
    const words = Array.from({ length: 12 }, () => `z${randomUUID()}`);
    for (const word of words) {
      await sendCall(gateway.port, 'tools/call', { name: word }, word);
      await sendCall(gateway.port, 'resources/read', { uri: `a://${word}` }, `a://${word}`);
      await sendCall(gateway.port, `tools/${word}`);
      const lines = [
        ...toHeaderLines('tools/list'),
        [`Mcp-Param-${word}`, word],
        ['Origin', `http://${word}`],
      ] as const;
      await sendRaw({ port: gateway.port, lines, body: toRequestBody('tools/list') });
      await sendRaw({ port: gateway.port, lines: toHeaderLines('tools/list'), body: '{}', target: `/${word}?${word}` });
      await sendRaw({ port: gateway.port, lines: [['Host', `${word}.test`]], body: '{}', verb: 'PUT' });
      await sendRaw({ port: gateway.port, lines: [], body: word, verb: word.toUpperCase() });
    }
    return words;
  }
  const first = await flood();
  const before = (await gateway.scrape()).samples;
  const second = await flood();
  const after = (await gateway.scrape()).samples;
  const ours = (samples: typeof before): string[] =>
    samples
      .filter(({ name }) => name.startsWith('mcp_'))
      .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
  assert.deepEqual(ours(after), ours(before));
  const text = JSON.stringify(after).toLowerCase();
  for (const word of [...first, ...second]) assert.ok(!text.includes(word), word);
});
