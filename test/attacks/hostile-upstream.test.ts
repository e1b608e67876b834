// The server behind the gateway is hostile or broken: it answers another request, two at once, half, none, or no HTTP at
// all. The client gets a refusal before any byte, or a connection that breaks: never a half answer that looks whole, and
// never a word of where the server is or what it said.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { sendCall, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { AttackedGateway, assertRefusal, exchange, NO, type Refused } from './support/attacked-gateway.ts';
import { readAnswers } from './support/read-answers.ts';
import { type Script, type ScriptedUpstream, startScriptedUpstream } from './support/scripted-upstream.ts';

/** Stands in whatever the hostile server says, and must never reach a client. */
const CANARY = 'canary-7f3a';
const PATIENCE = { timeouts: { connect: '1s', headers: '700ms', idle: '700ms', total: '2s' } };

let upstream: ScriptedUpstream;
let gateway: AttackedGateway;
before(async () => {
  upstream = await startScriptedUpstream();
  const under = await startGatewayUnderTest({ instances: [upstream.url], upstream: PATIENCE });
  gateway = new AttackedGateway(under, undefined as never);
});
after(async () => {
  await gateway.gateway.close();
  await upstream.close();
});

const http = (status: string, fields: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nX-Canary: ${CANARY}\r\n${fields}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
const SSE_TYPE = 'Content-Type: text/event-stream\r\n';
const json = (body: string): string => http('200 OK', JSON_TYPE, body);
const sse = (body: string): string => http('200 OK', SSE_TYPE, body);
const RESULT = `{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}`;
const error = (members = '"id":1,'): string => `{"jsonrpc":"2.0",${members}"error":{"code":-32602,"message":"no"}}`;
const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const result = (inner: string): string => `{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","x":${inner}}}`;
const event = (data: string): string => `data: ${data}\n\n`;
const REQUEST_FROM_SERVER = '{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}';

const say =
  (...pieces: (string | Buffer)[]): Script =>
  (socket) => {
    for (const piece of pieces) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  };
const sayAndEnd =
  (text: string): Script =>
  (socket) =>
    void socket.end(text);

const JSON_ANSWERS: readonly [what: string, body: string][] = [
  ['nothing', ''],
  ['another id', RESULT.replace('"id":1', '"id":2')],
  ['an id of another type', RESULT.replace('"id":1', '"id":"1"')],
  ['an id of 1.5', RESULT.replace('"id":1', '"id":1.5')],
  ['a list as id', RESULT.replace('"id":1', '"id":[1]')],
  ['no id', RESULT.replace('"id":1,', '')],
  ['a null id', RESULT.replace('"id":1', '"id":null')],
  ['the id twice', RESULT.replace('"id":1', '"id":2,"id":1')],
  ['the id twice, once by escapes', RESULT.replace('"id":1', '"\\u0069d":2,"id":1')],
  ['result and error', `${RESULT.slice(0, -1)},"error":{"code":1,"message":""}}`],
  ['two results', `${RESULT.slice(0, -1)},"result":{}}`],
  ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
  ['a result that is no object', '{"jsonrpc":"2.0","id":1,"result":"x"}'],
  ['a null result', '{"jsonrpc":"2.0","id":1,"result":null}'],
  ['an error that is no object', '{"jsonrpc":"2.0","id":1,"error":"x"}'],
  ['jsonrpc 1.0', RESULT.replace('2.0', '1.0')],
  ['no jsonrpc', '{"id":1,"result":{}}'],
  ['a request', REQUEST_FROM_SERVER],
  ['a notification', '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'],
  ['a result with a method', `${RESULT.slice(0, -1)},"method":"x"}`],
  ['a batch', `[${RESULT}]`],
  ['a string', `"${CANARY}"`],
  ['null', 'null'],
  ['cut JSON', RESULT.slice(0, -1)],
  ['trailing garbage', `${RESULT}x`],
  ['two answers', `${RESULT}${RESULT}`],
  ['a byte order mark', `\xef\xbb\xbf${RESULT}`],
  ['bad UTF-8', result('"\xff"')],
  ['a lone surrogate', result('"\\ud800"')],
  ['NaN', result('NaN')],
  ['a comment', `/**/${RESULT}`],
  ['a member twice, deep inside', result('[{"a":1,"a":2}]')],
  ['more than 256 levels', result(nest(255))],
  ['1 MiB of open brackets', '['.repeat(2 ** 20)],
  ['400 KiB of a wrong type', `"${'a'.repeat(400 * 1024)}"`],
  ['HTML', `<html>${CANARY}</html>`],
];

for (const [what, body] of JSON_ANSWERS) {
  test(`a JSON answer of, or with, ${what} becomes 502`, () => refusesFor(say(json(body)), NO.upstream));
}

const HEADS: readonly [what: string, script: Script, refused?: Refused][] = [
  ['301', say(http('301 Moved', `Location: http://${CANARY}/\r\n`, ''))],
  ['302 with a whole answer', say(http('302 Found', `Location: http://${CANARY}/\r\n${JSON_TYPE}`, RESULT))],
  ['307', say(http('307 Temporary', `Location: http://${CANARY}/\r\n`, ''))],
  ['304', say('HTTP/1.1 304 Not Modified\r\n\r\n')],
  ['401 with a challenge', say(http('401 Unauthorized', `WWW-Authenticate: Bearer realm="${CANARY}"\r\n`, ''))],
  ['401 with a JSON-RPC error', say(http('401 Unauthorized', JSON_TYPE, error()))],
  ['403 with a JSON-RPC error', say(http('403 Forbidden', JSON_TYPE, error()))],
  ['407', say(http('407 Proxy', `Proxy-Authenticate: Basic realm="${CANARY}"\r\n`, ''))],
  ['201 with a whole answer', say(http('201 Created', JSON_TYPE, RESULT))],
  ['202', say(http('202 Accepted', '', ''))],
  ['204', say('HTTP/1.1 204 No Content\r\n\r\n')],
  ['206 with a whole answer', say(http('206 Partial', JSON_TYPE, RESULT))],
  ['400 with a result', say(http('400 Bad Request', JSON_TYPE, RESULT))],
  ['500 with a result', say(http('500 Error', JSON_TYPE, RESULT))],
  ['500 with a stack', say(http('500 Error', 'Content-Type: text/plain\r\n', `at ${CANARY} (/srv/app.js:1)`))],
  ['404 with HTML', say(http('404 Not Found', 'Content-Type: text/html\r\n', `<h1>${CANARY}</h1>`))],
  ['404 with a stream', say(http('404 Not Found', SSE_TYPE, event(RESULT)))],
  [
    '400 with 300 KiB of error',
    say(http('400 Bad', JSON_TYPE, `${error().slice(0, -2)},"data":"${'a'.repeat(300_000)}"}}`)),
  ],
  ['503 with HTML', say(http('503 Unavailable', 'Content-Type: text/html\r\n', CANARY))],
  ['200 without a type', say(http('200 OK', '', RESULT))],
  ['text/html', say(http('200 OK', 'Content-Type: text/html\r\n', RESULT))],
  ['application/jsonx', say(http('200 OK', 'Content-Type: application/jsonx\r\n', RESULT))],
  ['two types', say(http('200 OK', `${JSON_TYPE}${SSE_TYPE}`, RESULT))],
  ['gzip by name', say(http('200 OK', `${JSON_TYPE}Content-Encoding: gzip\r\n`, RESULT))],
  ['br by name', say(http('200 OK', `${SSE_TYPE}Content-Encoding: br\r\n`, event(RESULT)))],
  ['100 Continue', say('HTTP/1.1 100 Continue\r\n\r\n', json(RESULT))],
  ['101', say(`HTTP/1.1 101 Switching\r\nUpgrade: ${CANARY}\r\nConnection: upgrade\r\n\r\n`)],
  ['a header block of 20 KiB', say(http('200 OK', `${JSON_TYPE}X: ${'a'.repeat(20_000)}\r\n`, RESULT))],
  ['20,000 tiny headers', say(http('200 OK', JSON_TYPE + 'x: y\r\n'.repeat(20_000), RESULT))],
  ['headers without end', flood(`X-Canary: ${CANARY}\r\n`, 'HTTP/1.1 200 OK\r\n')],
  ['a status line without end', flood('a'.repeat(1000), 'HTTP/1.1 200 '), NO.upstreamSlow],
  ['no HTTP', sayAndEnd(`220 ${CANARY} ESMTP\r\n`)],
  ['HTTP/0.9', sayAndEnd(RESULT)],
  ['HTTP/2', say('\x00\x00\x00\x04\x00\x00\x00\x00\x00')],
  ['a bad status', sayAndEnd(`HTTP/1.1 2OO OK\r\n${JSON_TYPE}\r\n${RESULT}`)],
  [
    'a header with NUL',
    sayAndEnd(`HTTP/1.1 200 OK\r\nX: a\0b\r\n${JSON_TYPE}Content-Length: ${RESULT.length}\r\n\r\n${RESULT}`),
  ],
  ['two lengths', sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Content-Length: 5\r\nContent-Length: 6\r\n\r\n${RESULT}`)],
  [
    'chunked and a length',
    sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  ],
  ['a bad chunk', sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n${RESULT}`)],
  [
    'a length too long',
    sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Content-Length: ${RESULT.length + 1}\r\n\r\n${RESULT}`),
  ],
  ['a length too short', say(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Content-Length: ${RESULT.length - 1}\r\n\r\n${RESULT}`)],
  ['a body cut by its end', sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n${RESULT.slice(0, -1)}`)],
  ['a chunked body cut', sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n5\r\n{"jso\r\n`)],
  ['a whole chunked answer without its last chunk', sayAndEnd(chunked(RESULT).slice(0, -5))],
  ['an end without an answer', (socket) => void socket.end()],
  ['a reset', (socket) => void socket.resetAndDestroy()],
  ['a reset behind the head', (socket) => void socket.write(json(RESULT).slice(0, -5), () => socket.resetAndDestroy())],
  ['silence', () => {}, NO.upstreamSlow],
  ['silence behind the head', say(`HTTP/1.1 200 OK\r\n${JSON_TYPE}Content-Length: 9\r\n\r\n`), NO.upstreamSlow],
  ['silence inside the head', say('HTTP/1.1 200 OK\r\nX: '), NO.upstreamSlow],
  ['a stream that is silent', say(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n`), NO.upstreamSlow],
  ['103 without end', drip('HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n', ''), NO.upstreamSlow],
  ['102 and then silence', say('HTTP/1.1 102 Processing\r\n\r\n'), NO.upstreamSlow],
  ['a JSON answer byte by byte without end', drip(' ', `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n`), NO.upstreamSlow],
];

for (const [what, script, refused = NO.upstream] of HEADS) {
  test(`${what} becomes ${refused.status}`, () => refusesFor(script, refused));
}

const STREAMS: readonly [what: string, body: string][] = [
  ['nothing', ''],
  ['a request from the server', event(REQUEST_FROM_SERVER)],
  ['a response to another id', event(RESULT.replace('"id":1', '"id":2'))],
  ['a response to an id of another type', event(RESULT.replace('"id":1', '"id":"1"'))],
  ['an event that is no JSON', event(CANARY)],
  ['an event of two lines that is no JSON', `data: {\ndata: "x"\n\n`],
  ['a batch', event(`[${RESULT}]`)],
  ['a byte order mark', `\xef\xbb\xbf${event(RESULT)}`],
  ['a response without the blank line behind it', event(RESULT).slice(0, -1)],
  ['a cut response', event(RESULT).slice(0, 20)],
  ['a notification with an id', event('{"jsonrpc":"2.0","id":1,"method":"notifications/message"}')],
  ['a member twice', event(result('{"a":1,"a":1}'))],
];

for (const [what, body] of STREAMS) {
  test(`a stream of, or with, ${what} becomes 502`, () => refusesFor(say(sse(body)), NO.upstream));
}

test('an event beyond 16 MiB becomes 502', () =>
  refusesFor(flood('a'.repeat(2 ** 20), `HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\ndata: `), NO.upstream));

const NOTE = event('{"jsonrpc":"2.0","method":"notifications/message","params":{}}');
const LONG = 'a'.repeat(600 * 1024);

const BEGUN: readonly [what: string, script: Script][] = [
  ['a stream cut behind a notification', sayAndEnd(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n${NOTE}`)],
  ['a stream that says its end behind a notification', say(sse(NOTE))],
  [
    'a stream cut inside its response',
    sayAndEnd(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n${NOTE}${event(RESULT).slice(0, 20)}`),
  ],
  ['a request from the server behind a notification', say(sse(`${NOTE}${event(REQUEST_FROM_SERVER)}`))],
  ['a response to another id behind a notification', say(sse(`${NOTE}${event(RESULT.replace('"id":1', '"id":2'))}`))],
  ['silence behind a notification', say(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n${NOTE}`)],
  [
    'a reset behind a notification',
    (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n${NOTE}`, () => pauseThenReset(socket)),
  ],
  [
    'a large answer cut by its end',
    sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n${result(`"${LONG}"`).slice(0, -1)}`),
  ],
  ['a large answer with trailing garbage', say(json(`${result(`"${LONG}"`)}x`))],
  ['a large answer to another id', say(json(`{"jsonrpc":"2.0","result":{"x":"${LONG}"},"id":2}`))],
  ['a large answer with result and error', say(json(`${result(`"${LONG}"`).slice(0, -1)},"error":{}}`))],
  ['a large answer with the id twice', say(json(`${result(`"${LONG}"`).slice(0, -1)},"id":1}`))],
  ['a large answer with bad UTF-8 at its end', say(json(result(`"${LONG}\xff"`)))],
  ['a large answer nested too deep at its end', say(json(result(`["${LONG}",${nest(256)}]`)))],
  [
    'a large answer whose length is too long',
    sayAndEnd(json(result(`"${LONG}"`)).replace(/Content-Length: (\d+)/, (_, n) => `Content-Length: ${Number(n) + 9}`)),
  ],
];

for (const [what, script] of BEGUN) {
  test(`${what} breaks the connection`, async () => {
    upstream.script(script);
    const bytes = await exchange(gateway.port, call());
    const { answers } = readAnswers(bytes);
    const [answer] = answers;
    if (answer === undefined || answer.status !== 200) assertRefusal(answer as never, { ...NO.upstream, id: 1 });
    else assert.equal(answer.whole, false, 'a cut answer looks whole');
    assertNoLeak(bytes);
    await servesHonestCall();
  });
}

const SERVED: readonly [what: string, script: Script, text: string][] = [
  ['an answer behind 50 informational ones', say('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50), json(RESULT)), RESULT],
  ['an answer that ends with its connection', sayAndEnd(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n${RESULT}`), RESULT],
  ['an answer in chunks', say(chunked(RESULT)), RESULT],
  ['an answer of HTTP/1.0', sayAndEnd(`HTTP/1.0 200 OK\r\n${JSON_TYPE}\r\n${RESULT}`), RESULT],
  ['an answer with a second one behind it', say(`${json(RESULT)}${json(RESULT.replace('"id":1', '"id":2'))}`), RESULT],
  ['a stream with two responses', say(sse(event(RESULT) + event(RESULT))), event(RESULT)],
  ['a stream with a request behind its response', say(sse(event(RESULT) + event(REQUEST_FROM_SERVER))), event(RESULT)],
  [
    'a stream that never ends behind its response',
    say(`HTTP/1.1 200 OK\r\n${SSE_TYPE}\r\n${event(RESULT)}`),
    event(RESULT),
  ],
  [
    'a stream with comments and an empty event',
    say(sse(`: x\n\ndata:\n\n${event(RESULT)}`)),
    `: x\n\ndata:\n\n${event(RESULT)}`,
  ],
  ['256 levels', say(json(result(nest(254)))), result(nest(254))],
];

for (const [what, script, text] of SERVED) {
  test(`${what} is passed on once`, async () => {
    upstream.script(script);
    const bytes = await exchange(gateway.port, call());
    const { answers, rubbish } = readAnswers(bytes);
    assert.equal(rubbish, '');
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.text, answer.whole]),
      [[200, text, true]],
    );
    assertNoLeak(bytes);
    await servesHonestCall();
  });
}

test('a result of 404 with -32601 keeps its status, and its headers are built anew', async () => {
  const hostile = [
    'Set-Cookie: sid=1',
    'Mcp-Session-Id: 1',
    'WWW-Authenticate: Bearer',
    `Server: ${CANARY}`,
    'X-Powered-By: Express',
    'Access-Control-Allow-Origin: *',
    'Access-Control-Allow-Credentials: true',
    `Location: http://${CANARY}`,
    'Alt-Svc: h3=":443"',
    'Strict-Transport-Security: max-age=1',
    'Clear-Site-Data: "*"',
    'Refresh: 0',
    'Link: <x>; rel=preload',
    'Via: 1.1 x',
    'Keep-Alive: timeout=1',
    'Upgrade: h2c',
    'Trailer: X',
    'ETag: "x"',
    'Cache-Control: public, max-age=31536000',
    'Content-Disposition: attachment',
    'Content-Security-Policy: default-src *',
    'X-Accel-Redirect: /secret',
    'Retry-After: 5\x0b',
  ].map((line) => `${line}\r\n`);
  for (const [status, body] of [
    ['200 OK', RESULT],
    ['404 Not Found', error()],
  ] as const) {
    upstream.script(say(http(status, JSON_TYPE + hostile.slice(0, -1).join(''), body)));
    const bytes = await exchange(gateway.port, call());
    const { answers } = readAnswers(bytes);
    assert.equal(`${answers[0]?.status}`, status.slice(0, 3));
    assert.deepEqual([...(answers[0]?.headers.keys() ?? [])].toSorted(), [
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
    ]);
    assert.equal(answers[0]?.headers.get('cache-control'), 'no-store');
    assert.equal(answers[0]?.text, body);
    assertNoLeak(bytes);
  }
});

test('an upstream that answers before it has the body is no harm', async () => {
  upstream.script(say(json(RESULT)));
  const body = toRequestBody('tools/call', { name: 'echo', arguments: { a: 'x'.repeat(900_000) } });
  const bytes = await exchange(gateway.port, gateway.toBytes({ body }));
  assert.equal(readAnswers(bytes).answers[0]?.text, RESULT);
});

async function refusesFor(script: Script, expected: Refused): Promise<void> {
  upstream.script(script);
  const bytes = await exchange(gateway.port, call());
  const { answers, rubbish } = readAnswers(bytes);
  assert.equal(rubbish, '');
  assert.equal(answers.length, 1);
  assertRefusal(answers[0] as never, { ...expected, id: 1 });
  assertNoLeak(bytes);
  await servesHonestCall();
}

async function servesHonestCall(): Promise<void> {
  const answer = await sendCall(gateway.port, 'tools/list');
  assert.equal(answer.status, 200, answer.text);
}

function call(): Buffer {
  return gateway.toBytes({
    lines: toHeaderLines('tools/call', 'echo'),
    body: toRequestBody('tools/call', { name: 'echo' }),
  });
}

function assertNoLeak(bytes: Buffer): void {
  for (const secret of [CANARY, String(upstream.port), 'hidden-path', 'ECONN', 'UND_ERR', 'undici', 'node_modules'])
    assert.ok(!bytes.toString('latin1').includes(secret), `${secret} reached the client`);
}

function chunked(body: string): string {
  return `HTTP/1.1 200 OK\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** Writes the same piece for as long as the gateway takes it. */
function flood(piece: string, head: string): Script {
  return async (socket, isGone) => {
    socket.write(head);
    while (!socket.destroyed) {
      if (!socket.write(piece)) await Promise.race([isGone, new Promise((resolve) => socket.once('drain', resolve))]);
    }
  };
}

/** Writes the same piece again and again, faster than any idle timeout. */
function drip(piece: string, head: string): Script {
  return async (socket, isGone) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), 50);
    await isGone;
    clearInterval(timer);
  };
}

function pauseThenReset(socket: Socket): void {
  setImmediate(() => socket.resetAndDestroy());
}
