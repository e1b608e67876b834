// An answer that breaks off is an error or a broken connection; it never looks complete.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toEvent } from '../support/fake-upstream.ts';
import { openToolCall, toError } from './support/open-call.ts';
import { answerBytes, startRawUpstream } from './support/raw-upstream.ts';
import { startGateway } from './support/start.ts';
import { until } from './support/until.ts';

const OPENING = '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","text":"';
/** Beyond 256 KiB an answer is passed on while it still comes. */
const SMALL = `${OPENING}${'x'.repeat(1_000)}`;
const LARGE = `${OPENING}${'x'.repeat(400_000)}`;
const EVENT = toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
const HALF_EVENT = EVENT.slice(0, 40);

const head = (type: string, framing: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';
const COUNTED = 'Content-Length: 1000000';
const CHUNKED = 'Transfer-Encoding: chunked';
const CLOSED = 'Connection: close';
const LAST_CHUNK = '0\r\n\r\n';

const REFUSED: readonly (readonly [what: string, answer: string])[] = [
  ['a counted JSON answer with bytes missing', `${head(JSON_TYPE, COUNTED)}${SMALL}`],
  ['a chunked JSON answer without its last chunk', `${head(JSON_TYPE, CHUNKED)}${chunk(SMALL)}`],
  ['a chunked JSON answer that ends inside its object', `${head(JSON_TYPE, CHUNKED)}${chunk(SMALL)}${LAST_CHUNK}`],
  ['a JSON answer that ends with its connection, inside its object', `${head(JSON_TYPE, CLOSED)}${SMALL}`],
  ['an empty JSON answer', head(JSON_TYPE, 'Content-Length: 0')],
  ['a JSON answer of headers alone', head(JSON_TYPE, COUNTED)],
  ['half a header block', 'HTTP/1.1 200 OK\r\nContent-Ty'],
  ['an event stream of headers alone', head(SSE_TYPE, CHUNKED)],
  ['an event stream that ends without any event', `${head(SSE_TYPE, CHUNKED)}${LAST_CHUNK}`],
  ['an event stream cut inside its first event', `${head(SSE_TYPE, CHUNKED)}${chunk(HALF_EVENT)}`],
];

/** What is sent, what the client must have got before the cut, and what is sent right before it. */
interface Broken {
  readonly what: string;
  readonly answer: string;
  readonly passed: string;
  readonly rest?: string;
}

const BROKEN: readonly Broken[] = [
  { what: 'a large counted JSON answer', answer: `${head(JSON_TYPE, COUNTED)}${LARGE}`, passed: OPENING },
  { what: 'a large chunked JSON answer', answer: `${head(JSON_TYPE, CHUNKED)}${chunk(LARGE)}`, passed: OPENING },
  {
    what: 'a large chunked JSON answer with its last chunk inside its object',
    answer: `${head(JSON_TYPE, CHUNKED)}${chunk(LARGE)}`,
    passed: OPENING,
    rest: LAST_CHUNK,
  },
  { what: 'a large JSON answer without a length', answer: `${head(JSON_TYPE, CLOSED)}${LARGE}`, passed: OPENING },
  { what: 'an event stream', answer: `${head(SSE_TYPE, CHUNKED)}${chunk(EVENT)}`, passed: EVENT },
  {
    what: 'an event stream inside its second event',
    answer: `${head(SSE_TYPE, CHUNKED)}${chunk(EVENT + HALF_EVENT)}`,
    passed: EVENT,
  },
  {
    what: 'an event stream with its last chunk but without its response',
    answer: `${head(SSE_TYPE, CHUNKED)}${chunk(EVENT)}`,
    passed: EVENT,
    rest: LAST_CHUNK,
  },
  { what: 'an event stream without chunks', answer: `${head(SSE_TYPE, CLOSED)}${EVENT}`, passed: EVENT },
];

for (const then of ['end', 'reset'] as const) {
  for (const [what, answer] of REFUSED) {
    test(`${what}, then ${then}: 502`, async (t) => {
      const upstream = await startRawUpstream(t, answerBytes(answer, then));
      const gateway = await startGateway(t, { instances: [upstream.url] });
      const ended = await openToolCall(gateway.port, 'plain', 'my id').end();
      assert.deepEqual([ended.status, ended.whole], [502, true]);
      assert.deepEqual([toError(ended).code, toError(ended).data.reason], [-32603, 'upstream_failed']);
      assert.equal((JSON.parse(ended.text) as { id: unknown }).id, 'my id');
      assert.equal(upstream.sockets.length, 1);
    });
  }

  for (const { what, answer, passed, rest = '' } of BROKEN) {
    test(`${what}, then ${then}: a broken connection`, async (t) => {
      const upstream = await startRawUpstream(t, answerBytes(answer, 'hold'));
      const gateway = await startGateway(t, { instances: [upstream.url] });
      const call = openToolCall(gateway.port);
      await call.read(passed);
      const [socket] = upstream.sockets;
      socket?.write(rest);
      if (then === 'end') socket?.end();
      else socket?.resetAndDestroy();
      const ended = await call.end();
      assert.deepEqual([ended.status, ended.whole], [200, false]);
      if (passed === EVENT) assert.equal(ended.text, EVENT);
      const cut = { method: 'tools/call', upstream: 'fleet', outcome: 'cut' };
      await until('it is counted', async () => (await gateway.scrape()).get('mcp_gateway_requests_total', cut) === 1);
    });
  }
}
