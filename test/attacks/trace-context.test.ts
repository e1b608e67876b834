// The attacker sends trace contexts: to have everything recorded, to write headers or JSON of its own to the server behind the
// gateway, to be two callers at once, or to let baggage through.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { answerResult, type FakeUpstream, type Hit, startFakeUpstream } from '../support/fake-upstream.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type HeaderLines, sendRaw, toHeaderLines } from '../support/mcp-request.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../through/support/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const GOOD = `00-${TRACE}-${SPAN}-01`;

/** The required `_meta`, as members. */
const REQUIRED = [
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28"',
  '"io.modelcontextprotocol/clientCapabilities":{}',
] as const;
const REQUIRED_KEYS = ['io.modelcontextprotocol/clientCapabilities', 'io.modelcontextprotocol/protocolVersion'];

let receiver: OtlpReceiver;
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;

before(async () => {
  receiver = await startOtlpReceiver();
  upstream = await startFakeUpstream(answerResult);
  const telemetry = { log: { level: 'fatal' }, traces: { otlp: receiver.url, sample: 0.1 } };
  gateway = await startGatewayUnderTest({ instances: [upstream.url], config: { telemetry } });
});

after(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), receiver.close()]);
});

/** Sends a call with `_meta` as it is written here. @returns what the server got of it */
async function call(meta: readonly string[], headers: HeaderLines = [], args = '{"big":1e400}'): Promise<Hit> {
  const seen = upstream.hits.length;
  const answer = await sendRaw({
    port: gateway.port,
    lines: [...toHeaderLines('tools/call', 'x'), ...headers],
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{${meta.join(',')}},"arguments":${args},"name":"x"}}`,
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(upstream.hits.length, seen + 1);
  return upstream.hits[seen] as Hit;
}

const metaOf = ({ message }: Hit): Readonly<Record<string, unknown>> =>
  message.params['_meta'] as Record<string, unknown>;

/** Both ways say the same, and nothing else stands there. */
function assertSound(hit: Hit): void {
  const { traceparent, tracestate, baggage } = hit.request.headers;
  const meta = metaOf(hit);
  assert.match(String(traceparent), /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
  assert.equal(meta['traceparent'], traceparent);
  assert.equal(meta['tracestate'], tracestate);
  assert.equal(baggage, undefined);
  const keys = [...REQUIRED_KEYS, 'traceparent', ...(tracestate === undefined ? [] : ['tracestate'])];
  assert.deepEqual(Object.keys(meta).toSorted(), keys);
  assert.equal(hit.body.toString().split('"traceparent"').length, 2);
}

test('nobody has their requests recorded by asking, or by choosing ids', async () => {
  const total = 400;
  const before = receiver.spans.length;
  for (let i = 1; i <= total; i++) {
    const id = i % 2 === 0 ? randomBytes(16).toString('hex') : i.toString(16).padStart(32, '0');
    await call([...REQUIRED, `"traceparent":"00-${id}-${SPAN}-01"`], [['traceparent', `00-${id}-${SPAN}-ff`]]);
  }
  const recorded = upstream.hits
    .slice(-total)
    .filter(({ request }) => String(request.headers['traceparent']).endsWith('1'));
  // Six times the standard deviation around a tenth.
  assert.ok(recorded.length > 4 && recorded.length < 76, `${recorded.length} of ${total} are recorded`);
  await until('their spans have come', () => receiver.spans.length - before >= 2 * recorded.length);
  assert.equal(receiver.spans.length - before, 2 * recorded.length);
});

const INJECTIONS = [
  `${GOOD}\r\nX-Evil: 1`,
  `a=1\r\nX-Evil: 1`,
  'a=1\nX-Evil: 1',
  'a=1\u0000',
  'a=1","evil":"1',
  'a=b"c\\d',
  'a=\u2028',
  'a=é',
  'a=1,a=2,,',
  'constructor=1,__proto__=2',
  `a=${'x'.repeat(600)}`,
  Array.from({ length: 40 }, (_, i) => `k${i}=v`).join(','),
];

test('no context writes a header or a member of its own', async () => {
  for (const text of INJECTIONS) {
    const written = JSON.stringify(text);
    for (const meta of [
      [`"traceparent":${written}`, `"tracestate":${written}`],
      [`"traceparent":"${GOOD}"`, `"tracestate":${written}`],
    ]) {
      const hit = await call([...meta, ...REQUIRED]);
      assertSound(hit);
      assert.equal(hit.request.headers['x-evil'], undefined, text);
      assert.equal('evil' in metaOf(hit), false, text);
    }
  }
});

test('a context of another type is none', async () => {
  for (const literal of ['null', 'true', '0', '1e400', '[]', `["${GOOD}"]`, '{}', `{"traceparent":"${GOOD}"}`, '""']) {
    const hit = await call([...REQUIRED, `"traceparent":${literal}`, `"tracestate":${literal}`]);
    assertSound(hit);
    assert.equal(String(hit.request.headers['traceparent']).includes(TRACE), false, literal);
  }
});

test('a name in escapes is the same name, and is replaced', async () => {
  const hit = await call([
    String.raw`"\u0074racep\u0061rent":"${GOOD}"`,
    String.raw`"trac\u0065state":"a=1"`,
    ...REQUIRED,
  ]);
  const { traceparent, tracestate } = metaOf(hit) as { traceparent: string; tracestate: string };
  assert.equal(traceparent.slice(3, 35), TRACE);
  assert.equal(traceparent.includes(SPAN), false);
  assert.equal(tracestate, 'a=1');
  assert.equal(hit.request.headers['traceparent'], traceparent);
});

test('a context said twice, or in names that only look alike, reaches no server', async () => {
  for (const meta of [
    [`"traceparent":"${GOOD}"`, `"traceparent":"${GOOD}"`],
    [`"traceparent":"${GOOD}"`, String.raw`"tracep\u0061rent":"${GOOD}"`],
    [`"Traceparent":"${GOOD}"`],
    [`"traceParent":"${GOOD}"`],
    ['"TRACESTATE":"a=1"'],
  ]) {
    const seen = upstream.hits.length;
    const answer = await sendRaw({
      port: gateway.port,
      lines: toHeaderLines('tools/call', 'x'),
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{${[...meta, ...REQUIRED].join(',')}},"name":"x"}}`,
    });
    assert.equal(answer.status, 400);
    assert.equal(upstream.hits.length, seen);
  }
});

test('baggage stays outside, however it is written', async () => {
  for (const written of [
    '"baggage":"user=alice"',
    String.raw`"b\u0061ggage":"user=alice"`,
    '"baggage":{"user":"alice"}',
  ]) {
    const hit = await call(
      [written, ...REQUIRED],
      [
        ['baggage', 'user=alice'],
        ['BAGGAGE', 'user=alice'],
      ],
    );
    assertSound(hit);
    assert.doesNotMatch(hit.body.toString(), /alice/);
    assert.doesNotMatch(JSON.stringify(hit.request.rawHeaders), /alice/);
  }
});

test("what stands in the arguments is the tool's own", async () => {
  const args = `{"_meta":{"traceparent":"${GOOD}","baggage":"a=b"},"traceparent":"${GOOD}","n":1e400}`;
  const hit = await call(REQUIRED, [], args);
  assertSound({ ...hit, body: Buffer.from(hit.body.toString().replace(args, '{}')) });
  assert.ok(hit.body.includes(args));
});

const toKey = (text: string): string => text.slice(0, text.indexOf(':'));

test('wherever members of `_meta` stand and whatever they hold, both ways say one context and the rest is as it came', async () => {
  const member = fc.oneof(
    fc.constantFrom(
      `"traceparent":"${GOOD}"`,
      '"traceparent":5',
      '"tracestate":"a=1"',
      '"tracestate":[{}]',
      '"baggage":"x"',
    ),
    fc
      .tuple(fc.string({ minLength: 1 }), fc.jsonValue())
      .map(([name, value]) => `${JSON.stringify(`x/${name}`)}: ${JSON.stringify(value)}`),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(member, { selector: toKey, maxLength: 6 }),
      fc.nat(7),
      fc.nat(7),
      async (others, at, to) => {
        const members = [...others];
        members.splice(at, 0, REQUIRED[0]);
        members.splice(to, 0, REQUIRED[1]);
        const hit = await call(members);
        assertSound(hit);
        assert.ok(hit.body.includes('"arguments":{"big":1e400},"name":"x"}}'));
      },
    ),
    { numRuns: 80 },
  );
});
