// Bodies of JSON-RPC: errors the gateway makes, and what the message of an upstream is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toErrorBody, toListenCompletion, toMessageKind } from '../../../gateway/mcp/json-rpc.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { MESSAGES } from './messages.ts';

for (const [kind, id, text] of MESSAGES) {
  test(`to a request with id ${JSON.stringify(id)}, ${text.slice(0, 100)} is ${kind}`, () => {
    assert.equal(toMessageKind(Buffer.from(text), id), kind);
  });
}

const wrap = (inner: string): string => `{"jsonrpc":"2.0","id":1,"result":${inner}}`;
const toBody = (idLiteral?: string): unknown => JSON.parse(toErrorBody(new Refusal('denied', {}, idLiteral)));

test('a message is read as strictly as a request, but may be deeper and larger', () => {
  const rows: readonly (readonly [kind: string, text: string | Buffer])[] = [
    ['result', wrap(`{"a":${'['.repeat(254)}${']'.repeat(254)}}`)],
    ['invalid', wrap(`{"a":${'['.repeat(255)}${']'.repeat(255)}}`)],
    ['result', wrap(`{${Array.from({ length: 20_000 }, (_, i) => `"m${i}":1`).join()}}`)],
    ['invalid', wrap('{"a":1,"a":2}')],
    ['invalid', wrap('{"a":[{"b":1,"\\u0062":2}]}')],
    ['invalid', wrap('{"a":"\\ud800"}')],
    ['invalid', `\ufeff${wrap('{}')}`],
    ['invalid', `${wrap('{}')}${wrap('{}')}`],
    ['invalid', Buffer.concat([Buffer.from(wrap('{}').slice(0, -1)), Buffer.from([0xff, 0x7d])])],
  ];
  for (const [kind, text] of rows) assert.equal(toMessageKind(Buffer.from(text), 1), kind);
});

test('an error repeats the id as the bytes the client sent, and leaves out what is too long or unknown', () => {
  const error = { code: 403, message: 'No rule allows this request.', data: { reason: 'denied' } };
  assert.deepEqual(toBody(), { jsonrpc: '2.0', error });
  for (const literal of ['0', '-1', '""', '"\\u0061"', '"</script>"', '9007199254740991', `"${'x'.repeat(198)}"`]) {
    assert(toErrorBody(new Refusal('denied', {}, literal)).includes(`"id":${literal},`));
    assert.deepEqual(toBody(literal), { jsonrpc: '2.0', id: JSON.parse(literal), error });
  }
  assert.deepEqual(toBody(`"${'x'.repeat(199)}"`), { jsonrpc: '2.0', error });
});

test('an error says nothing of its reason and cause for the log', () => {
  const refusal = new Refusal('internal', { reason: 'secret reason', cause: new Error('10.0.0.1') }, '1');
  const body = toErrorBody(refusal);
  assert.equal(
    body,
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error.","data":{"reason":"internal"}}}',
  );
});

test('words and data of a refusal are encoded, whatever they hold', () => {
  const refusal = new Refusal('unsupported_version', { words: 'a"b\n', data: { requested: '"},{\u2028' } }, '"a"');
  assert.deepEqual(JSON.parse(toErrorBody(refusal)), {
    jsonrpc: '2.0',
    id: 'a',
    error: { code: -32022, message: 'a"b\n', data: { reason: 'unsupported_version', requested: '"},{\u2028' } },
  });
});

test('a refusal carries no stack', () => {
  assert.doesNotMatch(new Refusal('denied').stack ?? '', /\n/);
  assert.match(new Error('after it').stack ?? '', /\n/, 'and leaves stacks on for others');
});

test('the completion of a listening stream is one event whose result names the subscription', () => {
  for (const literal of ['7', '"a\\u000ab"', '"\u2028"']) {
    const event = toListenCompletion(literal);
    const [, json] = /^data: ([^\r\n]*)\n\n$/.exec(event) ?? [];
    const id = JSON.parse(literal) as unknown;
    assert.deepEqual(JSON.parse(json ?? ''), {
      jsonrpc: '2.0',
      id,
      result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': id } },
    });
  }
});
