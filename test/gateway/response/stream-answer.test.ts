// An answer as a stream of events: whole events only, nothing behind the response, never an end without one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeAnswerRelay } from '../../../gateway/response/answer-relay.ts';
import { cutBytes, cuts } from '../mcp/cut-bytes.ts';
import { FakeReply, makeRouted } from './fake-reply.ts';

const NOTE = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n';
const RESULT = 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const ERROR = 'data: {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}\n\n';

function start(id: string | number = 1) {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(makeRouted(id), reply);
  assert.equal(relay.start(200, { 'content-type': 'text/event-stream' }), undefined);
  const push = (text: string | Buffer) => relay.push(Buffer.from(text));
  return { reply, relay, push };
}

test('events are passed on as they become whole, and the response ends the answer', () => {
  const { reply, relay, push } = start();
  assert.equal(push(NOTE.slice(0, 20)), undefined);
  assert.deepEqual(reply.calls, [], 'half an event does not even open the answer');
  assert.equal(push(NOTE.slice(20) + NOTE.slice(0, 30)), undefined);
  assert.equal(reply.text, NOTE);
  assert.equal(push(NOTE.slice(30)), undefined);
  assert.equal(reply.text, NOTE + NOTE);
  assert.equal(relay.isComplete, false);
  assert.equal(push(RESULT), undefined);
  assert.equal(reply.text, NOTE + NOTE + RESULT);
  assert.equal(relay.isComplete, true);
  assert.equal(relay.ending, 'answered');
  assert.deepEqual([reply.calls[0], reply.calls.at(-1)], ['begin 200', 'end']);
  assert.deepEqual(reply.headers, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
});

test('wherever the network cuts it, a stream arrives whole and ends once', () => {
  const parts = fc.array(fc.constantFrom(NOTE, ': alive\n\n', ':\n', 'id: 7\n\n', 'retry: 5\ndata:\n\n', '\n'), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(parts, fc.constantFrom('\n', '\r\n', '\r'), cuts, (before, lineEnd, at) => {
      const stream = [...before, RESULT].join('').replaceAll('\n', lineEnd);
      const { reply, relay, push } = start();
      for (const piece of cutBytes(Buffer.from(stream), at)) assert.equal(push(piece), undefined);
      assert.equal(relay.finish(), undefined);
      // A line feed behind the carriage return that ended the last event may come too late.
      assert.equal(reply.text.replace(/\r$/, '\r\n'), stream.replace(/\r$/, '\r\n'));
      assert.equal(reply.calls.filter((call) => call === 'end').length, 1);
      assert.equal(reply.calls.filter((call) => call.startsWith('begin')).length, 1);
    }),
    { numRuns: 500 },
  );
});

test('a comment is passed on at once and opens the answer', () => {
  const { reply, push } = start();
  assert.equal(push(': alive\n'), undefined);
  assert.equal(reply.text, ': alive\n');
});

test('an error ends the answer as one', () => {
  const { reply, relay, push } = start();
  assert.equal(push(ERROR), undefined);
  assert.equal(relay.ending, 'answered_error');
  assert.equal(reply.text, ERROR);
  assert.equal(reply.calls.at(-1), 'end');
});

test('nothing behind the response is passed on, in the same piece or a later one', () => {
  const { reply, relay, push } = start();
  assert.equal(push(RESULT + NOTE + RESULT), undefined);
  assert.equal(push(NOTE), undefined);
  assert.equal(push('data: rubbish\n\n'), undefined);
  relay.conclude();
  assert.equal(relay.finish(), undefined);
  assert.equal(reply.text, RESULT);
  assert.deepEqual(reply.calls, ['begin 200', 'write', 'end']);
});

const MALFORMED: readonly (readonly [what: string, event: string])[] = [
  ['a request of the server', 'data: {"jsonrpc":"2.0","id":5,"method":"sampling/createMessage"}\n\n'],
  ['a response to another request', 'data: {"jsonrpc":"2.0","id":2,"result":{}}\n\n'],
  ['a response with the id as text', 'data: {"jsonrpc":"2.0","id":"1","result":{}}\n\n'],
  ['text that is no JSON', 'data: hello\n\n'],
  ['a blank', 'data:  \n\n'],
  ['a batch', 'data: [{"jsonrpc":"2.0","id":1,"result":{}}]\n\n'],
  ['bad UTF-8', 'data: {"jsonrpc":"2.0","id":1,"result":{"a":"\xff"}}\n\n'],
  ['a member twice', 'data: {"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}\n\n'],
  ['a response in two data lines that break a string', 'data: {"jsonrpc":"2.0","id":1,"result":{"a":"\ndata: "}}\n\n'],
];

test('an event that may not stand there is a fault; what came before it was passed on, it was not', () => {
  for (const [what, event] of MALFORMED) {
    const { reply, relay, push } = start();
    assert.equal(push(Buffer.from(NOTE + event + RESULT, 'latin1')), 'malformed', what);
    assert.equal(reply.text, NOTE, what);
    assert.equal(relay.isComplete, false, what);
    assert.equal(reply.calls.includes('end'), false, what);
    assert.equal(push(RESULT), 'malformed', 'and stays one');
    assert.equal(reply.text, NOTE, what);
  }
});

test('a response may be spread over data lines where JSON allows a line break', () => {
  const { reply, relay, push } = start();
  assert.equal(push('data: {"jsonrpc":"2.0",\ndata: "id":1,\ndata: "result":{}}\n\n'), undefined);
  assert.equal(relay.isComplete, true);
  assert.equal(reply.calls.at(-1), 'end');
});

test('a line of NUL characters does not end an event, because no reader takes it for a blank one', () => {
  const { reply, push } = start();
  assert.equal(push(NOTE.slice(0, -1)), undefined);
  assert.equal(push('\0\n'), undefined);
  assert.deepEqual(reply.calls, []);
});

test('a stream that ends without its response is cut, whatever it brought', () => {
  for (const text of ['', ':\n', NOTE, NOTE + RESULT.slice(0, -1), RESULT.slice(0, -2)]) {
    const { reply, relay, push } = start();
    assert.equal(push(text), undefined);
    assert.equal(relay.finish(), 'cut');
    assert.equal(reply.calls.includes('end'), false);
    assert.equal(relay.isComplete, false);
  }
});

test('an event of more than 16 MiB is refused', () => {
  const { push } = start();
  const mib = Buffer.alloc(1 << 20, 'x');
  const faults = ['data: ', ...Array.from({ length: 16 }, () => mib)].map((piece) => push(piece));
  assert.equal(faults.at(-2), undefined);
  assert.equal(faults.at(-1), 'oversized');
});

test('a byte order mark in front of the stream is refused', () => {
  const { reply, push } = start();
  assert.equal(push(`\ufeff${RESULT}`), 'oversized');
  assert.deepEqual(reply.calls, []);
});

test('a slow client is seen', () => {
  const { reply, relay, push } = start();
  reply.isSlow = true;
  push(NOTE);
  assert.equal(relay.isFull, true);
  reply.isSlow = false;
  push(NOTE);
  assert.equal(relay.isFull, false);
});

test('a listening stream is concluded by its completion event, and half an event is dropped', () => {
  const { reply, relay, push } = start('sub"1');
  push(NOTE + NOTE.slice(0, 40));
  relay.conclude();
  const [first, second] = reply.text.split('\n\ndata: ');
  assert.equal(`${first}\n\n`, NOTE);
  assert.deepEqual(JSON.parse(second ?? ''), {
    jsonrpc: '2.0',
    id: 'sub"1',
    result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 'sub"1' } },
  });
  assert.equal(reply.calls.at(-1), 'end');
  assert.equal(relay.isComplete, true);
  const sent = reply.text;
  assert.equal(push(NOTE), undefined);
  assert.equal(relay.finish(), undefined);
  relay.conclude();
  assert.equal(reply.text, sent);
});

test('a stream that has not begun is opened to be concluded, also before the upstream answered', () => {
  for (const hasStarted of [true, false]) {
    const reply = new FakeReply();
    const relay = makeAnswerRelay(makeRouted(), reply);
    if (hasStarted) relay.start(200, { 'content-type': 'text/event-stream' });
    relay.conclude();
    assert.deepEqual(reply.calls, ['begin 200', 'write', 'end']);
    assert.equal(reply.headers?.['content-type'], 'text/event-stream');
    assert.equal(relay.isComplete, true);
  }
});

test('nothing is written to a client that has left', () => {
  const { reply, relay, push } = start();
  push(NOTE);
  reply.closed = true;
  relay.conclude();
  assert.equal(reply.text, NOTE);
});
