// What the spans of a request say, and what they never say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestRecord } from '../../../../gateway/exchange.ts';
import { METHODS } from '../../../../gateway/mcp/methods.ts';
import { Refusal } from '../../../../gateway/refusal.ts';
import type { ReceivedSpan } from '../../../support/otlp-receiver.ts';
import { makeRecord, startTracing, type TestTracing, toIncoming } from './support.ts';

async function traceOne({ tracing, receiver }: TestTracing, record: RequestRecord): Promise<ReceivedSpan> {
  const before = receiver.spans.length;
  tracing.begin(toIncoming(), record).end(record);
  await tracing.flush();
  const span = receiver.spans[before];
  if (span === undefined) throw new Error('no span came');
  return span;
}

function withMethod(method: string, name: string | undefined): RequestRecord['envelope'] {
  return { ...makeRecord().envelope, method: METHODS.get(method), name } as RequestRecord['envelope'];
}

test('a request is one server span with the conventional attributes, and its stages are events', async (t) => {
  const { tracing, receiver } = await startTracing(t, 1);
  const record = makeRecord();
  const trace = tracing.begin(toIncoming(), record);
  trace.event('authenticated');
  trace.event('permitted');
  trace.end(record);
  await tracing.flush();
  const [span] = receiver.spans;
  assert.equal(span?.name, 'tools/call known_tool');
  assert.equal(span.kind, 2);
  assert.equal(span.parentSpanId, undefined);
  assert.equal(span.status, 0);
  assert.deepEqual(span.events, ['authenticated', 'permitted']);
  assert.deepEqual({ traceId: span.traceId, spanId: span.spanId, sampled: true }, { ...trace.note });
  assert.deepEqual(Object.fromEntries(span.attributes), {
    'network.transport': 'tcp',
    'mcp.method.name': 'tools/call',
    'mcp.protocol.version': '2026-07-28',
    'jsonrpc.request.id': '7',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'known_tool',
    'tollgate.request.id': 'request-1',
    'tollgate.endpoint': '/mcp',
    'tollgate.upstream': 'fleet',
    'tollgate.decision': 'allowed',
    'tollgate.rule': 'everyone',
    'tollgate.outcome': 'answered',
    'http.response.status_code': 200,
  });
  assert.equal(receiver.headers[0]?.['x-collector-key'], 'secret');
});

test('the times of a span are those of the request, whatever the wall clock does meanwhile', async (t) => {
  const tracing = await startTracing(t, 1);
  const startedEpochMs = 1_700_000_000_000.25;
  const span = await traceOne(tracing, makeRecord({ startedEpochMs, startedMs: performance.now() - 250 }));
  const lastedMs = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
  assert.equal(BigInt(span.startTimeUnixNano) / 1_000_000n, 1_700_000_000_000n);
  assert.equal(lastedMs >= 249 && lastedMs < 60_000, true, String(lastedMs));
});

test('each attempt is a client span below the server span and says where it went and how it ended', async (t) => {
  const { tracing, receiver } = await startTracing(t, 1);
  const record = makeRecord();
  const trace = tracing.begin(toIncoming(), record);
  trace.beginAttempt('fleet').end({ kind: 'refused' }, '127.0.0.1:3001');
  const second = trace.beginAttempt('fleet');
  second.end({ kind: 'answered_error', errorCode: -32602 }, '[::1]:3002');
  second.end({ kind: 'answered' }, 'never');
  trace.beginAttempt('fleet');
  trace.end(record);
  trace.end(record);
  await tracing.flush();
  const [server, ...clients] = receiver.spans;
  const seen = clients.map(({ kind, parentSpanId, status, attributes }) => [
    kind,
    parentSpanId === server?.spanId,
    status,
    attributes.get('server.address'),
    attributes.get('server.port'),
    attributes.get('error.type'),
    attributes.get('rpc.response.status_code'),
  ]);
  assert.deepEqual(seen, [
    [3, true, 2, '127.0.0.1', 3001, 'refused', undefined],
    [3, true, 2, '[::1]', 3002, '-32602', '-32602'],
    [3, true, 2, undefined, undefined, 'cancelled', undefined],
  ]);
});

test('a name that nobody knows stands in no span name, and one that no rule allowed in no attribute', async (t) => {
  const tracing = await startTracing(t, 1);
  const unknown = await traceOne(tracing, makeRecord({}, 'x'.repeat(1000)));
  assert.equal(unknown.name, 'tools/call');
  assert.equal(unknown.attributes.get('gen_ai.tool.name'), 'x'.repeat(256));
  const decision = { outcome: 'no_rule', rule: 'none', policy: '0' } as const;
  const denied = await traceOne(tracing, makeRecord({ decision, refusal: new Refusal('denied') }, 'made_up'));
  assert.equal(denied.name, 'tools/call');
  assert.equal([...denied.attributes.values()].includes('made_up'), false);
});

test('a resource is named without query and user, and never in the name of a span', async (t) => {
  const tracing = await startTracing(t, 1);
  for (const [uri, shown] of [
    ['db://host/table?password=hunter2#part', 'db://host/table'],
    ['db://user:hunter2@host/table', 'db://host/table'],
    ['db://user:hunter2@host', 'db://host'],
    ['db://host/a@b', 'db://host/a@b'],
    ['mailto:a@b', 'mailto:a@b'],
    ['?x', ''],
  ] as const) {
    const span = await traceOne(tracing, makeRecord({ envelope: withMethod('resources/read', uri) }));
    assert.equal(span.name, 'resources/read');
    assert.equal(span.attributes.get('mcp.resource.uri'), shown);
  }
});

test('a refusal is an error with its code, kind and public words', async (t) => {
  const tracing = await startTracing(t, 1);
  const refusal = new Refusal('rate_limited', { reason: 'quota' });
  const span = await traceOne(tracing, makeRecord({ refusal, quotaRule: 'calls', answer: undefined }));
  assert.equal(span.status, 2);
  assert.equal(span.attributes.get('error.type'), '429');
  assert.equal(span.attributes.get('rpc.response.status_code'), '429');
  assert.equal(span.attributes.get('tollgate.refusal.kind'), 'rate_limited');
  assert.equal(span.attributes.get('tollgate.quota.rule'), 'calls');
  assert.equal(span.attributes.get('tollgate.outcome'), 'refused');
  assert.equal(span.attributes.get('http.response.status_code'), 429);
});

test('a request that was refused before its envelope could be read is named after its endpoint', async (t) => {
  const tracing = await startTracing(t, 1);
  const refusal = new Refusal('token_absent');
  const nothing = { envelope: undefined, decision: undefined, answer: undefined, upstream: undefined };
  const span = await traceOne(tracing, makeRecord({ ...nothing, refusal }));
  assert.equal(span.name, 'POST /mcp');
  assert.equal(
    (await traceOne(tracing, makeRecord({ ...nothing, endpoint: undefined, refusal }))).name,
    'POST unknown',
  );
});

test('a collector that refuses is told of as a failure and disturbs nobody', async (t) => {
  const { tracing, receiver, exports } = await startTracing(t, 1);
  receiver.answer(400);
  tracing.begin(toIncoming(), makeRecord()).end(makeRecord());
  await tracing.flush();
  assert.deepEqual(exports, { exported: 0, failed: 1 });
  receiver.answer(200);
  tracing.begin(toIncoming(), makeRecord()).end(makeRecord());
  await tracing.flush();
  assert.deepEqual(exports, { exported: 1, failed: 1 });
});
