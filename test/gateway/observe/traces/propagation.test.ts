// Which trace a request belongs to, and what of it goes upstream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRecord, SPAN, startTracing, TRACE, TRACEPARENT, toIncoming } from './support.ts';

const HTTP_TRACE = '11111111111111111111111111111111';
const HTTP_PARENT = `00-${HTTP_TRACE}-2222222222222222-00`;

const MALFORMED = [
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}0-${SPAN}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `${TRACEPARENT}, ${TRACEPARENT}`,
  '',
];

test('the context in _meta is the parent, and that of the HTTP request is linked', async (t) => {
  const { tracing, receiver } = await startTracing(t, 1);
  const context = {
    traceparent: HTTP_PARENT,
    tracestate: 'http=1',
    metaTraceparent: TRACEPARENT,
    metaTracestate: 'm=1',
  };
  const trace = tracing.begin(toIncoming(context), makeRecord());
  const attempt = trace.beginAttempt('fleet');
  attempt.end({ kind: 'answered' }, '127.0.0.1:3000');
  trace.end(makeRecord());
  await tracing.flush();
  const [server, client] = receiver.spans;
  assert.equal(server?.traceId, TRACE);
  assert.equal(server.parentSpanId, SPAN);
  assert.equal(server.traceState, 'm=1');
  assert.deepEqual(
    server.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
    [{ traceId: HTTP_TRACE, spanId: '2222222222222222' }],
  );
  assert.equal(client?.parentSpanId, server.spanId);
  assert.equal(attempt.traceparent, `00-${TRACE}-${client.spanId}-01`);
  assert.equal(attempt.tracestate, 'm=1');
});

test('without a context in _meta, or with a malformed one, that of the HTTP request is the parent', async (t) => {
  const { tracing } = await startTracing(t, 0);
  for (const metaTraceparent of [undefined, ...MALFORMED]) {
    const incoming = { traceparent: TRACEPARENT, tracestate: 'http=1', metaTraceparent, metaTracestate: 'm=1' };
    const trace = tracing.begin(toIncoming(incoming), makeRecord());
    assert.equal(trace.note.traceId, TRACE);
    assert.notEqual(trace.note.spanId, SPAN);
    assert.equal(trace.beginAttempt('fleet').tracestate, 'http=1');
  }
});

test('every malformed context starts a new trace, both ways it can come', async (t) => {
  const { tracing } = await startTracing(t, 0);
  for (const malformed of MALFORMED) {
    for (const incoming of [{ traceparent: malformed }, { metaTraceparent: malformed }]) {
      const state = { tracestate: 'a=1', metaTracestate: 'a=1' };
      const trace = tracing.begin(toIncoming({ ...incoming, ...state }), makeRecord());
      assert.match(trace.note.traceId, /^[0-9a-f]{32}$/);
      assert.notEqual(trace.note.traceId, TRACE);
      assert.equal(trace.beginAttempt('fleet').tracestate, undefined);
    }
  }
});

test('a malformed tracestate is left out, and the trace goes on', async (t) => {
  const { tracing } = await startTracing(t, 0);
  const many = Array.from({ length: 33 }, (_, i) => `a${i}=1`).join(',');
  for (const metaTracestate of ['x', `a=${'x'.repeat(600)}`, many, 'A=1']) {
    const trace = tracing.begin(toIncoming({ metaTraceparent: TRACEPARENT, metaTracestate }), makeRecord());
    assert.equal(trace.note.traceId, TRACE);
    assert.equal(trace.beginAttempt('fleet').tracestate, undefined);
  }
});

test('a later version is taken up and passed on as version 00', async (t) => {
  const { tracing } = await startTracing(t, 0);
  const trace = tracing.begin(toIncoming({ traceparent: `cc-${TRACE}-${SPAN}-01-new` }), makeRecord());
  assert.equal(trace.beginAttempt('fleet').traceparent, `00-${TRACE}-${trace.note.spanId}-00`);
});

test('a request that is not recorded passes the trace on with another parent and without the flag', async (t) => {
  const { tracing, receiver } = await startTracing(t, 0);
  const trace = tracing.begin(toIncoming({ metaTraceparent: TRACEPARENT }), makeRecord());
  trace.event('authenticated');
  const attempt = trace.beginAttempt('fleet');
  attempt.end({ kind: 'answered' }, '127.0.0.1:3000');
  trace.end(makeRecord());
  await tracing.flush();
  assert.deepEqual(trace.note, { traceId: TRACE, spanId: trace.note.spanId, sampled: false });
  assert.equal(attempt.traceparent, `00-${TRACE}-${trace.note.spanId}-00`);
  assert.notEqual(trace.note.spanId, SPAN);
  assert.deepEqual(receiver.spans, []);
});

test('each attempt goes upstream with a span of its own', async (t) => {
  const { tracing } = await startTracing(t, 1);
  const trace = tracing.begin(toIncoming({ metaTraceparent: TRACEPARENT }), makeRecord());
  const sent = [1, 2, 3].map(() => trace.beginAttempt('fleet').traceparent);
  assert.equal(new Set(sent).size, 3);
  for (const traceparent of sent) assert.match(traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
});
