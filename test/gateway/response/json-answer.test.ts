// An answer in JSON: small ones are held back until they are known to be whole, large ones are watched while they pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAnswerRelay } from '../../../gateway/response/answer-relay.ts';
import { FakeReply, makeRouted } from './fake-reply.ts';

const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}';
const ERROR = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}';
const LARGE = `{"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(600 * 1024)}"}}`;

function start(status = 200, headers: Readonly<Record<string, string>> = {}) {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(makeRouted(), reply);
  const fault = relay.start(status, { 'content-type': 'application/json', ...headers });
  return { reply, relay, fault };
}

/** Feeds a text in pieces of this size; the first fault ends it. */
function feed(relay: ReturnType<typeof makeAnswerRelay>, text: string, size: number): string | undefined {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    const fault = relay.push(bytes.subarray(at, at + size));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

test('a small result is sent once, whole and byte for byte, when the upstream has ended', () => {
  const body = ` ${RESULT.replace('complete', 'c\\u006fmplete')}\n`;
  for (const size of [1, 10, 1000]) {
    const { reply, relay } = start();
    assert.equal(feed(relay, body, size), undefined);
    assert.deepEqual(reply.calls, []);
    assert.equal(relay.isComplete, false);
    assert.equal(relay.finish(), undefined);
    assert.deepEqual(reply.calls, ['send 200']);
    assert.equal(reply.text, body);
    assert.deepEqual(reply.headers, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    assert.equal(relay.isComplete, true);
    assert.equal(relay.ending, 'answered');
  }
});

test('an error is sent with the status it came with', () => {
  for (const status of [200, 400, 404, 429, 500, 502, 503, 504]) {
    const { reply, relay, fault } = start(status);
    assert.equal(fault ?? feed(relay, ERROR, 9) ?? relay.finish(), undefined);
    assert.deepEqual(reply.calls, [`send ${status}`]);
    assert.equal(reply.text, ERROR);
    assert.equal(relay.ending, 'answered_error');
    assert.equal(relay.status, status);
  }
});

const BROKEN: readonly (readonly [what: string, status: number, body: string, fault: string])[] = [
  ['nothing', 200, '', 'malformed'],
  ['half a result', 200, RESULT.slice(0, -1), 'malformed'],
  ['two results', 200, RESULT + RESULT, 'malformed'],
  ['another id', 200, RESULT.replace('1', '2'), 'malformed'],
  ['an error without id', 400, '{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}', 'malformed'],
  ['a batch', 200, `[${RESULT}]`, 'malformed'],
  ['a notification alone', 200, '{"jsonrpc":"2.0","method":"notifications/x"}', 'malformed'],
  ['a request of the server', 200, '{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}', 'malformed'],
  ['HTML under a JSON label', 200, '<html></html>', 'malformed'],
  ['a result under an error status', 400, RESULT, 'malformed'],
  ['a result under 500', 500, RESULT, 'malformed'],
  ['a gateway’s own words under 502', 502, '{"message":"Bad Gateway"}', 'unavailable'],
  ['a result under 503', 503, RESULT, 'unavailable'],
  ['nothing under 504', 504, '', 'unavailable'],
];

test('a small answer that is not the one message awaited is refused, and nothing of it was sent', () => {
  for (const [what, status, body, expected] of BROKEN) {
    const { reply, relay, fault } = start(status);
    assert.equal(fault, undefined, what);
    assert.equal(feed(relay, body, 7) ?? relay.finish(), expected, what);
    assert.deepEqual(reply.calls, [], what);
    assert.equal(relay.isComplete, false, what);
  }
});

test('a large result streams before it has ended, and arrives byte for byte', () => {
  for (const size of [1000, 65_536, LARGE.length]) {
    const { reply, relay } = start();
    assert.equal(feed(relay, LARGE, size), undefined);
    assert.equal(reply.calls[0], 'begin 200');
    assert.equal(reply.calls.includes('end'), false);
    assert.equal(relay.isComplete, false);
    assert.equal(relay.finish(), undefined);
    assert.equal(reply.calls.at(-1), 'end');
    assert.equal(reply.text, LARGE);
    assert.equal(relay.ending, 'answered');
    assert.equal(relay.isComplete, true);
  }
});

const LARGE_BROKEN: readonly (readonly [what: string, body: string])[] = [
  ['cut', LARGE.slice(0, -1)],
  ['cut in the middle of a character', LARGE.slice(0, 400_000)],
  ['followed by more', `${LARGE}{}`],
  ['broken', `${LARGE.slice(0, 500_000)}\n${LARGE.slice(500_000)}`],
  ['for another id', `{"jsonrpc":"2.0","result":{"text":"${'x'.repeat(600_000)}"},"id":2}`],
  ['no message', `{"text":"${'x'.repeat(600_000)}"}`],
  ['a notification', `{"jsonrpc":"2.0","method":"x","params":{"text":"${'x'.repeat(600_000)}"}}`],
];

test('a large answer that turns out broken is a fault, and is never ended as if whole', () => {
  for (const [what, body] of LARGE_BROKEN) {
    const { reply, relay } = start();
    assert.equal(feed(relay, body, 65_536) ?? relay.finish(), 'malformed', what);
    assert.equal(reply.calls.includes('end'), false, what);
    assert.equal(relay.isComplete, false, what);
  }
});

test('a large answer that is no JSON from its first byte on sends nothing', () => {
  const { reply, relay } = start();
  assert.equal(feed(relay, `<html>${'x'.repeat(600_000)}`, 65_536), 'malformed');
  assert.deepEqual(reply.calls, []);
});

test('an error is never streamed: one too large to be held back is refused before anything is sent', () => {
  const { reply, relay } = start(400);
  const error = `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"${'x'.repeat(600_000)}"}}`;
  assert.equal(feed(relay, error, 65_536), 'oversized');
  assert.deepEqual(reply.calls, []);
});

function makeResult(length: number): string {
  const [head, tail] = ['{"jsonrpc":"2.0","id":1,"result":{"t":"', '"}}'];
  return head + 'x'.repeat(length - head.length - tail.length) + tail;
}

test('an answer of 256 KiB is still gathered, one more byte streams', () => {
  for (const [length, call] of [
    [262_144, 'send 200'],
    [262_145, 'begin 200'],
  ] as const) {
    const { reply, relay } = start();
    assert.equal(feed(relay, makeResult(length), 10_000) ?? relay.finish(), undefined);
    assert.equal(reply.calls[0], call);
  }
});

test('a client that takes bytes slowly is seen while a large answer streams', () => {
  const { reply, relay } = start();
  reply.isSlow = true;
  relay.push(Buffer.from(LARGE.slice(0, 300_000)));
  assert.equal(relay.isFull, true);
  reply.isSlow = false;
  relay.push(Buffer.from(LARGE.slice(300_000)));
  assert.equal(relay.isFull, false);
});

test('Retry-After is repeated in whole seconds only', () => {
  const rows = [
    ['7', '7'],
    ['0', '0'],
    ['999999999', '999999999'],
    ['9999999999', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['7 ', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['7\r\nx-evil: 1', undefined],
  ] as const;
  for (const [value, expected] of rows) {
    const { reply, relay } = start(429, { 'retry-after': value });
    assert.equal(feed(relay, ERROR, 100) ?? relay.finish(), undefined);
    assert.equal(reply.headers?.['retry-after'], expected, value);
  }
});

test('a JSON answer ends by itself: the gateway cannot conclude it', () => {
  const { reply, relay } = start();
  relay.push(Buffer.from(RESULT));
  relay.conclude();
  assert.deepEqual(reply.calls, []);
  assert.equal(relay.isComplete, false);
  assert.equal(relay.finish(), undefined);
  assert.deepEqual(reply.calls, ['send 200']);
});
