// Reading the lists of a real server: all pages, within bounds, and what its failures mean.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fetchList, type ListEnd, type ListSource } from '../../../gateway/upstream/fetch-list.ts';
import { startTimer } from '../../../gateway/upstream/start-timer.ts';
import type { Upstream } from '../../../gateway/upstream/upstream.ts';
import { type Behaviour, startFakeUpstream, toEvent } from '../../support/fake-upstream.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { reach, startListServer, toTool } from './list-server.ts';

interface Read extends ListEnd {
  readonly names: readonly string[];
}

async function read(upstream: Upstream, changes: Partial<ListSource> = {}): Promise<Read> {
  const names: string[] = [];
  const end = await fetchList({
    upstream,
    kind: 'tools',
    prove: () => [],
    startTimer,
    onItem: (name) => names.push(name),
    ...changes,
  });
  return { ...end, names };
}

test('all pages are read, with requests any server must accept', async (t) => {
  const { fake, upstream, ...server } = await startListServer(t, [
    [toTool('a'), toTool('b')],
    [toTool('c')],
    [toTool('é')],
  ]);
  assert.equal(server.pages.tools?.length, 3);
  assert.deepEqual(await read(upstream, { prove: () => ['authorization', 'Bearer own'] }), {
    outcome: 'whole',
    ttlMs: undefined,
    names: ['a', 'b', 'c', 'é'],
  });
  assert.deepEqual(
    fake.hits.map(({ message }) => message.params['cursor']),
    [undefined, '1', '2'],
  );
  for (const { request, message } of fake.hits) {
    const { headers } = request;
    assert.equal(headers['mcp-method'], 'tools/list');
    assert.equal(headers['mcp-protocol-version'], '2026-07-28');
    assert.equal(headers['mcp-name'], undefined);
    assert.equal(headers['accept'], 'application/json, text/event-stream');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['authorization'], 'Bearer own');
    assert.match(String(message.id), /^tollgate-list-[0-9]+$/);
    const meta = message.params['_meta'] as Record<string, unknown>;
    assert.equal(meta['io.modelcontextprotocol/protocolVersion'], '2026-07-28');
    assert.deepEqual(meta['io.modelcontextprotocol/clientCapabilities'], {});
    assert.deepEqual(meta['io.modelcontextprotocol/clientInfo'], { name: 'tollgate', version: '1' });
  }
  assert.equal(upstream.instances[0]?.inFlight, 0);
});

test('the credential proves each page anew, for its very body', async (t) => {
  const { fake, upstream } = await startListServer(t, [[toTool('a')], [toTool('b')]]);
  const bodies: string[] = [];
  await read(upstream, { prove: (body) => (bodies.push(body.toString()), []) });
  assert.deepEqual(
    bodies,
    fake.hits.map(({ body }) => body.toString()),
  );
});

test('the shortest ttlMs of all pages counts', async (t) => {
  const server = await startListServer(t, [[toTool('a')], [toTool('b')]]);
  server.more = { ttlMs: 90_000 };
  assert.equal((await read(server.upstream)).ttlMs, 90_000);
});

test('a server that has no such list has an empty one', async (t) => {
  const server = await startListServer(t);
  server.pages = {};
  assert.deepEqual(await read(server.upstream, { kind: 'prompts' }), { outcome: 'whole', ttlMs: undefined, names: [] });
  assert.equal(server.fake.hits[0]?.message.method, 'prompts/list');
});

test('a list in a stream is read up to its response', async (t) => {
  const fake = await startFakeUpstream((hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    response.write(toEvent({ method: 'notifications/message', params: {} }));
    response.write(toEvent({ id: hit.message.id, result: { resultType: 'complete', tools: [toTool('a')] } }));
  });
  t.after(() => fake.close());
  assert.deepEqual((await read(await reach(t, fake.url))).names, ['a']);
});

test('what has no name is no tool, and names need not be honest', async (t) => {
  const tools = [{ inputSchema: {} }, { name: 7 }, { name: '' }, toTool('__proto__'), toTool('a')];
  const { upstream } = await startListServer(t, [tools]);
  assert.deepEqual((await read(upstream)).names, ['', '__proto__', 'a']);
});

const answer =
  (status: number, type: string, toText: (id: string) => string): Behaviour =>
  (hit, response) => {
    response.writeHead(status, { 'content-type': type }).end(toText(JSON.stringify(hit.message.id)));
  };
const JSON_TYPE = 'application/json';

const FAILURES: readonly [what: string, behave: Behaviour, healthy: boolean][] = [
  [
    'an error',
    answer(200, JSON_TYPE, (id) => `{"jsonrpc":"2.0","id":${id},"error":{"code":-32602,"message":"no"}}`),
    true,
  ],
  ['a challenge', answer(401, 'text/plain', () => 'who?'), true],
  ['a forbidden list', answer(403, JSON_TYPE, () => '{}'), true],
  ['a rate limit', answer(429, 'text/plain', () => 'slow'), true],
  ['a redirect', answer(302, 'text/plain', () => ''), true],
  ['an unknown path', answer(404, 'text/html', () => '<h1>'), true],
  [
    'a result without a list',
    answer(200, JSON_TYPE, (id) => `{"jsonrpc":"2.0","id":${id},"result":{"tools":{}}}`),
    true,
  ],
  [
    'a result that is not complete',
    answer(200, JSON_TYPE, (id) => `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"input_required","tools":[]}}`),
    true,
  ],
  ['a page', answer(200, 'text/html', () => '<h1>'), false],
  ['an internal error', answer(500, JSON_TYPE, () => '{}'), false],
  [
    'a result for another request',
    answer(200, JSON_TYPE, () => '{"jsonrpc":"2.0","id":"other","result":{"tools":[]}}'),
    false,
  ],
  [
    'a repeated member',
    answer(200, JSON_TYPE, (id) => `{"jsonrpc":"2.0","id":${id},"result":{"tools":[],"tools":[]}}`),
    false,
  ],
  [
    'a cut answer',
    (_hit, response) => {
      response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': 100 });
      response.write('{', () => response.destroy());
    },
    false,
  ],
  ['a broken connection', (_hit, response) => void response.destroy(), false],
];

for (const [what, behave, healthy] of FAILURES) {
  test(`${what} gives no list, and ${healthy ? 'does not' : 'does'} count against the instance`, async (t) => {
    const fake = await startFakeUpstream(behave);
    t.after(() => fake.close());
    const upstream = await reach(t, fake.url);
    assert.deepEqual(await read(upstream), { outcome: 'failed', ttlMs: undefined, names: [] });
    assert.equal(fake.hits.length, 1);
    assert.equal(upstream.instances[0]?.consecutiveFailures, healthy ? 0 : 1);
    assert.equal(upstream.instances[0]?.inFlight, 0);
  });
}

test('another instance is asked when the first one fails', async (t) => {
  const broken = await startFakeUpstream((_hit, response) => void response.destroy());
  t.after(() => broken.close());
  const { fake } = await startListServer(t, [[toTool('a')]]);
  const upstream = await reach(t, broken.url, fake.url);
  assert.equal((await read(upstream)).outcome, 'whole');
  assert.equal((await read(upstream)).outcome, 'whole');
  assert.equal(broken.hits.length, 1);
});

test('a list that breaks off half-way is a part of one', async (t) => {
  const server = await startListServer(t, [[toTool('a')], [toTool('b')]]);
  const { fake, upstream } = server;
  fake.behave((hit, response) => {
    if (hit.message.params['cursor'] !== undefined) response.destroy();
    else
      response
        .writeHead(200, { 'content-type': JSON_TYPE })
        .end(`{"jsonrpc":"2.0","id":"tollgate-list-1","result":{"tools":[{"name":"a"}],"nextCursor":""}}`);
  });
  assert.deepEqual(await read(upstream), { outcome: 'partial', ttlMs: undefined, names: ['a'] });
  assert.deepEqual(
    fake.hits.map(({ message }) => message.params['cursor']),
    [undefined, ''],
  );
});

test('a server that never ends its list is left after 50 pages', async (t) => {
  const fake = await startFakeUpstream((hit, response) => {
    const result = { tools: [toTool('a')], nextCursor: 'again' };
    response
      .writeHead(200, { 'content-type': JSON_TYPE })
      .end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, result }));
  });
  t.after(() => fake.close());
  assert.equal((await read(await reach(t, fake.url))).outcome, 'partial');
  assert.equal(fake.hits.length, 50);
});

test('more than 10,000 tools, and pages beyond 2 MiB, are read no further', async (t) => {
  const { upstream } = await startListServer(t, [Array.from({ length: 10_001 }, (_, at) => ({ name: `t${at}` }))]);
  const read10k = await read(upstream);
  assert.deepEqual([read10k.outcome, read10k.names.length], ['partial', 10_000]);
  const large = await startListServer(t, [[{ name: 'a', description: 'x'.repeat(3 * 1024 * 1024) }]]);
  assert.deepEqual(await read(large.upstream), { outcome: 'failed', ttlMs: undefined, names: [] });
  assert.equal(large.upstream.instances[0]?.consecutiveFailures, 0);
});

async function startSilent(
  t: TestContext,
): Promise<{ upstream: Upstream; arrived: Promise<unknown>; left: Promise<boolean> }> {
  const fake = await startFakeUpstream(() => {});
  t.after(() => fake.close());
  const arrived = fake.waitForHits(1);
  return { upstream: await reach(t, fake.url), arrived, left: arrived.then(([hit]) => hit?.left ?? false) };
}

test('a silent server is left after five seconds, which says nothing of its health', async (t) => {
  const { upstream, arrived, left } = await startSilent(t);
  const timeline = makeFakeTimeline();
  const reading = read(upstream, { startTimer: timeline.startTimer });
  await arrived;
  await timeline.advance(4_999);
  assert.equal(upstream.instances[0]?.inFlight, 1);
  await timeline.advance(1);
  assert.deepEqual(await reading, { outcome: 'failed', ttlMs: undefined, names: [] });
  assert.equal(await left, true);
  assert.equal(upstream.instances[0]?.consecutiveFailures, 0);
  assert.equal(timeline.pending, 0);
});

test('a credential that refuses, and an upstream without instances, give no list', async (t) => {
  const { fake, upstream } = await startListServer(t, [[toTool('a')]]);
  const refused = await read(upstream, { prove: () => Promise.reject(new Error('no token')) });
  assert.equal(refused.outcome, 'failed');
  assert.equal(fake.hits.length, 0);
  await upstream.close(0);
  assert.equal((await read(upstream)).outcome, 'failed');
});
