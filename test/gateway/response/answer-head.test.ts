// What the status and the headers of an upstream's answer decide before a byte of its body is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAnswerRelay } from '../../../gateway/response/answer-relay.ts';
import { FakeReply, makeRouted } from './fake-reply.ts';

const JSON_TYPE = 'application/json';
const STREAM = 'text/event-stream';

type Row = readonly [status: number, headers: Readonly<Record<string, string | string[]>>, fault: string | undefined];

const STATUSES: readonly Row[] = [
  [200, { 'content-type': JSON_TYPE }, undefined],
  [200, { 'content-type': STREAM }, undefined],
  [400, { 'content-type': JSON_TYPE }, undefined],
  [404, { 'content-type': JSON_TYPE }, undefined],
  [500, { 'content-type': JSON_TYPE }, undefined],
  [503, { 'content-type': JSON_TYPE }, undefined],
  [599, { 'content-type': JSON_TYPE }, undefined],
  [401, { 'content-type': JSON_TYPE, 'www-authenticate': 'Bearer' }, 'challenge'],
  [403, { 'content-type': JSON_TYPE }, 'challenge'],
  [407, { 'content-type': JSON_TYPE }, 'challenge'],
  [401, { 'content-type': 'text/html' }, 'challenge'],
  [201, { 'content-type': JSON_TYPE }, 'status'],
  [202, {}, 'status'],
  [204, {}, 'status'],
  [206, { 'content-type': JSON_TYPE }, 'status'],
  [301, { location: 'https://elsewhere.example/' }, 'status'],
  [302, { 'content-type': JSON_TYPE, location: '/' }, 'status'],
  [304, {}, 'status'],
  [307, { location: '/mcp2' }, 'status'],
  [308, { location: '/mcp2' }, 'status'],
  [600, { 'content-type': JSON_TYPE }, 'status'],
  [999, { 'content-type': JSON_TYPE }, 'status'],
  [502, { 'content-type': 'text/html' }, 'unavailable'],
  [503, {}, 'unavailable'],
  [504, { 'content-type': 'text/plain' }, 'unavailable'],
  [503, { 'content-type': STREAM }, 'unavailable'],
  [500, { 'content-type': 'text/html' }, 'media'],
  [404, { 'content-type': 'text/html' }, 'media'],
  [400, { 'content-type': STREAM }, 'media'],
];

const MEDIA: readonly Row[] = [
  [200, { 'content-type': 'application/json; charset=utf-8' }, undefined],
  [200, { 'content-type': 'Application/JSON' }, undefined],
  [200, { 'content-type': 'application/json ;x=y' }, undefined],
  [200, { 'content-type': 'TEXT/EVENT-STREAM;charset=utf-8' }, undefined],
  [200, { 'content-type': JSON_TYPE, 'content-encoding': 'identity' }, undefined],
  [200, {}, 'media'],
  [200, { 'content-type': '' }, 'media'],
  [200, { 'content-type': 'text/html' }, 'media'],
  [200, { 'content-type': 'application/jsonp' }, 'media'],
  [200, { 'content-type': 'application/json-seq' }, 'media'],
  [200, { 'content-type': 'application/problem+json' }, 'media'],
  [200, { 'content-type': 'x-application/json' }, 'media'],
  [200, { 'content-type': 'application/json, text/html' }, 'media'],
  [200, { 'content-type': [JSON_TYPE, STREAM] }, 'media'],
  [200, { 'content-type': 'text/event-streams' }, 'media'],
  [200, { 'content-type': 'undefined' }, 'media'],
  [200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }, 'media'],
  [200, { 'content-type': STREAM, 'content-encoding': 'br' }, 'media'],
  [200, { 'content-type': JSON_TYPE, 'content-encoding': 'identity, gzip' }, 'media'],
  [200, { 'content-type': JSON_TYPE, 'content-encoding': ['identity', 'gzip'] }, 'media'],
];

for (const [status, headers, fault] of [...STATUSES, ...MEDIA]) {
  test(`${status} with ${JSON.stringify(headers)} is ${fault ?? 'read on'}`, () => {
    const reply = new FakeReply();
    const relay = makeAnswerRelay(makeRouted(), reply);
    assert.equal(relay.start(status, headers), fault);
    assert.deepEqual(reply.calls, [], 'a head alone is never passed on');
    assert.equal(relay.isComplete, false);
    assert.equal(relay.isFull, false);
  });
}

test('no header of the upstream reaches the client but Retry-After in seconds', () => {
  const secrets = {
    'set-cookie': 'a=b',
    'mcp-session-id': 's1',
    'access-control-allow-origin': '*',
    'www-authenticate': 'Bearer',
    location: 'http://10.0.0.1/',
    server: 'inside',
    'x-powered-by': 'inside',
    'cache-control': 'public, max-age=60',
    connection: 'close',
    trailer: 'x',
  };
  const body = '{"jsonrpc":"2.0","id":1,"result":{}}';
  for (const [type, text] of [
    [JSON_TYPE, body],
    [STREAM, `data: ${body}\n\n`],
  ] as const) {
    const reply = new FakeReply();
    const relay = makeAnswerRelay(makeRouted(), reply);
    assert.equal(relay.start(200, { ...secrets, 'content-type': `${type}; x="inside"` }), undefined);
    assert.equal(relay.push(Buffer.from(text)) ?? relay.finish(), undefined);
    const allowed = new Set(['content-type', 'cache-control', 'x-accel-buffering']);
    assert.deepEqual(
      Object.keys(reply.headers ?? {}).filter((name) => !allowed.has(name)),
      [],
    );
    assert.equal(reply.headers?.['content-type'], type);
    assert.equal(reply.headers?.['cache-control'], 'no-store');
  }
});

test('an upstream that ends before its head has come is cut', () => {
  assert.equal(makeAnswerRelay(makeRouted(), new FakeReply()).finish(), 'cut');
});
