// One connected trace from the client to the server behind the gateway, through headers and `params._meta` alike.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { answerResult, type Behaviour, type Hit } from '../support/fake-upstream.ts';
import { sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type Gateway, startGateway, startUpstream, startUpstreams } from './support/start.ts';
import { until } from './support/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${SPAN}-00`;
const OTHER_TRACE = '11111111111111111111111111111111';
const OTHER_PARENT = `00-${OTHER_TRACE}-2222222222222222-01`;

/** The required `_meta`, and what a test adds. */
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function startTraced(t: TestContext, instances: readonly string[], sample: number) {
  const receiver = await startOtlpReceiver();
  const telemetry = { log: { level: 'fatal' }, traces: { otlp: receiver.url, sample } };
  const gateway = await startGateway(t, { instances, config: { telemetry } });
  t.after(() => receiver.close());
  return { gateway, receiver };
}

/** A call of a tool that carries this context in its headers and in `_meta`. */
async function call(gateway: Gateway, headers: readonly [string, string][], meta: object): Promise<void> {
  const answer = await sendRaw({
    port: gateway.port,
    lines: [...toHeaderLines('tools/call', 'x'), ...headers],
    body: toRequestBody('tools/call', { name: 'x', arguments: { big: 1 }, _meta: { ...META, ...meta } }),
  });
  assert.equal(answer.status, 200, answer.text);
}

function toSent(hit: Hit | undefined) {
  const meta = hit?.message.params['_meta'] as Record<string, unknown>;
  const { traceparent, tracestate, baggage } = hit?.request.headers ?? {};
  return { meta, headers: { traceparent, tracestate, baggage } };
}

/** Spans come when a batch is sent. */
async function waitForSpans(receiver: OtlpReceiver, count: number): Promise<readonly ReceivedSpan[]> {
  await until(`${count} spans have come`, () => receiver.spans.length >= count);
  return receiver.spans;
}

test('the context in _meta becomes one trace from client to server, and goes on both ways', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway, receiver } = await startTraced(t, [upstream.url], 1);
  await call(
    gateway,
    [
      ['traceparent', OTHER_PARENT],
      ['tracestate', 'http=1'],
    ],
    { traceparent: TRACEPARENT, tracestate: 'm=1' },
  );
  const { meta, headers } = toSent(upstream.hits[0]);
  const [server, client] = await waitForSpans(receiver, 2);
  assert.equal(server?.traceId, TRACE);
  assert.equal(server.parentSpanId, SPAN);
  assert.equal(server.name.startsWith('tools/call'), true);
  assert.equal(server.links[0]?.traceId, OTHER_TRACE);
  assert.equal(client?.traceId, TRACE);
  assert.equal(client.parentSpanId, server.spanId);
  assert.equal(client.attributes.get('server.port'), upstream.port);
  const traceparent = `00-${TRACE}-${client.spanId}-01`;
  assert.deepEqual(headers, { traceparent, tracestate: 'm=1', baggage: undefined });
  assert.deepEqual(meta, { ...META, traceparent, tracestate: 'm=1' });
});

test('a context that came in headers alone goes on both ways too', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway, receiver } = await startTraced(t, [upstream.url], 1);
  await call(gateway, [['traceparent', OTHER_PARENT]], {});
  const { meta, headers } = toSent(upstream.hits[0]);
  const [server, client] = await waitForSpans(receiver, 2);
  assert.equal(server?.parentSpanId, '2222222222222222');
  const traceparent = `00-${OTHER_TRACE}-${client?.spanId}-01`;
  assert.deepEqual(headers, { traceparent, tracestate: undefined, baggage: undefined });
  assert.deepEqual(meta, { ...META, traceparent });
});

const MALFORMED: readonly string[] = [
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.slice(2)}-${SPAN}-01`,
  'nonsense',
];

test('a malformed or repeated context starts a new trace, and nothing of it reaches the server', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway, receiver } = await startTraced(t, [upstream.url], 1);
  for (const malformed of MALFORMED) {
    await call(
      gateway,
      [
        ['traceparent', malformed],
        ['tracestate', 'a=1'],
      ],
      { traceparent: malformed, tracestate: 'a=1' },
    );
  }
  await call(
    gateway,
    [
      ['traceparent', TRACEPARENT],
      ['traceparent', TRACEPARENT],
    ],
    {},
  );
  await waitForSpans(receiver, 2 * (MALFORMED.length + 1));
  const seen = new Set<string>();
  for (const hit of upstream.hits) {
    const { meta, headers } = toSent(hit);
    assert.match(String(headers.traceparent), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(meta['traceparent'], headers.traceparent);
    assert.equal(headers.tracestate, undefined);
    assert.equal('tracestate' in meta, false);
    seen.add(String(headers.traceparent).slice(3, 35));
  }
  assert.equal(seen.size, upstream.hits.length);
  assert.equal(seen.has(TRACE), false);
  for (const span of receiver.spans) assert.equal(seen.has(span.traceId), true);
});

test('a request that is not recorded still passes its trace on, without the flag the client set', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway, receiver } = await startTraced(t, [upstream.url], 0);
  await call(gateway, [], { traceparent: `00-${TRACE}-${SPAN}-01` });
  const { meta, headers } = toSent(upstream.hits[0]);
  assert.match(String(headers.traceparent), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  assert.equal(meta['traceparent'], headers.traceparent);
  assert.equal(String(headers.traceparent).includes(SPAN), false);
  assert.deepEqual(receiver.spans, []);
});

const fail: Behaviour = (_hit, response) => void response.writeHead(503).end();

test('each attempt at an instance has a span of its own, and the server sees the one that was meant for it', async (t) => {
  const upstreams = await startUpstreams(t, 2, fail);
  const { gateway, receiver } = await startTraced(
    t,
    upstreams.map(({ url }) => url),
    1,
  );
  for (const upstream of upstreams) upstream.behave(upstream === upstreams[0] ? fail : answerResult);
  const list = { lines: toHeaderLines('tools/list'), body: toRequestBody('tools/list') };
  // Whichever instance comes first, a read that failed there goes to the other.
  for (let i = 0; i < 2; i++) await sendRaw({ port: gateway.port, ...list });
  const hits = upstreams.flatMap((upstream) => upstream.hits);
  const spans = await waitForSpans(receiver, 2 + hits.length);
  const clients = spans.filter(({ kind }) => kind === 3);
  assert.ok(hits.length >= 3, `${hits.length} hits`);
  const sent = hits.map((hit) => String(toSent(hit).headers.traceparent).slice(36, 52));
  assert.deepEqual(sent.toSorted(), clients.map(({ spanId }) => spanId).toSorted());
  assert.equal(
    clients.some(({ attributes }) => attributes.get('error.type') === 'unavailable'),
    true,
  );
});

test('baggage stays at the edge', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway } = await startTraced(t, [upstream.url], 0);
  await call(gateway, [['baggage', 'user=alice']], { baggage: 'user=alice' });
  const { meta, headers } = toSent(upstream.hits[0]);
  assert.equal(headers.baggage, undefined);
  assert.equal('baggage' in meta, false);
});

test('a collector that is away delays and breaks nothing', async (t) => {
  const upstream = await startUpstream(t);
  const { gateway, receiver } = await startTraced(t, [upstream.url], 1);
  await receiver.close();
  for (let i = 0; i < 5; i++) await call(gateway, [], {});
  assert.equal(upstream.hits.length, 5);
});
