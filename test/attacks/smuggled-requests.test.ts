// The attacker writes one request that a proxy in front and the gateway, or the gateway and the server behind, would cut
// at different places: what is body to one is the next request to the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway, NO } from './support/attacked-gateway.ts';

const attacked = attackGateway();

const BODY = toRequestBody('tools/call', { name: 'echo', arguments: {} });
const SIZE = BODY.length.toString(16);
const CHUNKED = `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`;

/** An honest head up to its framing; `Host` and `Connection` included. */
const HEAD =
  'Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\n' +
  'Mcp-Method: tools/call\r\nMcp-Name: echo\r\n';
const post = (framing: string, body: string): string => `POST /mcp HTTP/1.1\r\n${HEAD}${framing}\r\n\r\n${body}`;

/** Ends each attack: were it ever read as a request, the upstream would see a second hit. */
const SMUGGLED = `POST /mcp HTTP/1.1\r\n${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

const REFUSED: readonly [what: string, bytes: string][] = [
  ['Content-Length and chunked', post(`Content-Length: 5\r\nTransfer-Encoding: chunked`, CHUNKED)],
  ['chunked and Content-Length', post(`Transfer-Encoding: chunked\r\nContent-Length: ${CHUNKED.length}`, CHUNKED)],
  ['chunked and Content-Length 0', post(`Transfer-Encoding: chunked\r\nContent-Length: 0`, CHUNKED)],
  ['two different Content-Length', post(`Content-Length: ${BODY.length}\r\nContent-Length: 5`, BODY)],
  ['two equal Content-Length', post(`Content-Length: ${BODY.length}\r\nContent-Length: ${BODY.length}`, BODY)],
  ['a list of Content-Length', post(`Content-Length: ${BODY.length}, ${BODY.length}`, BODY)],
  ['Content-Length with a plus', post(`Content-Length: +${BODY.length}`, BODY)],
  ['Content-Length with a minus', post(`Content-Length: -${BODY.length}`, BODY)],
  ['Content-Length in hexadecimal', post(`Content-Length: 0x${SIZE}`, BODY)],
  ['Content-Length with a fraction', post(`Content-Length: ${BODY.length}.0`, BODY)],
  ['Content-Length with an exponent', post('Content-Length: 1e2', BODY)],
  ['Content-Length with a space inside', post('Content-Length: 1 1', BODY)],
  ['an empty Content-Length', post('Content-Length:', BODY)],
  ['Content-Length beyond 64 bits', post('Content-Length: 18446744073709551617', BODY)],
  ['Transfer-Encoding identity', post('Transfer-Encoding: identity', BODY)],
  ['Transfer-Encoding identity, chunked', post('Transfer-Encoding: identity, chunked', CHUNKED)],
  ['Transfer-Encoding chunked, identity', post('Transfer-Encoding: chunked, identity', CHUNKED)],
  ['Transfer-Encoding chunked, chunked', post('Transfer-Encoding: chunked, chunked', CHUNKED)],
  ['two lines of chunked', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', CHUNKED)],
  [
    'chunked and then identity in two lines',
    post('Transfer-Encoding: chunked\r\ntransfer-encoding: identity', CHUNKED),
  ],
  ['Transfer-Encoding gzip, chunked', post('Transfer-Encoding: gzip, chunked', CHUNKED)],
  ['Transfer-Encoding xchunked', post('Transfer-Encoding: xchunked', CHUNKED)],
  ['Transfer-Encoding chunked with a parameter', post('Transfer-Encoding: chunked;q=1', CHUNKED)],
  ['a quoted chunked', post('Transfer-Encoding: "chunked"', CHUNKED)],
  ['chunked behind a comma', post('Transfer-Encoding: ,chunked', CHUNKED)],
  ['chunked before a comma', post('Transfer-Encoding: chunked,', CHUNKED)],
  ['chunked behind a vertical tab', post('Transfer-Encoding: \x0bchunked', CHUNKED)],
  ['an empty Transfer-Encoding', post('Transfer-Encoding:', CHUNKED)],
  ['a space before the colon of Transfer-Encoding', post('Transfer-Encoding : chunked', CHUNKED)],
  ['a space before the colon of Content-Length', post(`Content-Length : ${BODY.length}`, BODY)],
  ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked', CHUNKED)],
  ['a header line that begins with a space', post(` X: y\r\nContent-Length: ${BODY.length}`, BODY)],
  ['a chunk size with 0x', post('Transfer-Encoding: chunked', `0x${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size with a plus', post('Transfer-Encoding: chunked', `+${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a negative chunk size', post('Transfer-Encoding: chunked', `-1\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'a chunk size beyond 64 bits',
    post('Transfer-Encoding: chunked', `1${'0'.repeat(16)}${SIZE}\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  ['no chunk size', post('Transfer-Encoding: chunked', `\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size behind a space', post('Transfer-Encoding: chunked', ` ${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size that ends with LF alone', post('Transfer-Encoding: chunked', `${SIZE}\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk that ends with LF alone', post('Transfer-Encoding: chunked', `${SIZE}\r\n${BODY}\n0\r\n\r\n`)],
  ['a chunk longer than its size', post('Transfer-Encoding: chunked', `5\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk extension that holds LF', post('Transfer-Encoding: chunked', `${SIZE};a\nb\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'a chunk extension that ends with CR alone',
    post('Transfer-Encoding: chunked', `${SIZE};a\rb\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  ['a last chunk that ends with LF alone', post('Transfer-Encoding: chunked', `${SIZE}\r\n${BODY}\r\n0\n\n`)],
  ['a trailer without a colon', post('Transfer-Encoding: chunked', `${SIZE}\r\n${BODY}\r\n0\r\nGET /mcp\r\n\r\n`)],
  [
    'a trailer that names a length',
    post('Transfer-Encoding: chunked', `${SIZE}\r\n${BODY}\r\n0\r\nX-A: b\r\nContent-Length: 5\r\n\r\n`),
  ],
  ['a request line that ends with LF alone', SMUGGLED.replace('HTTP/1.1\r\n', 'HTTP/1.1\n')],
  ['a head that ends with LF alone', SMUGGLED.replace('\r\n\r\n', '\r\n\n')],
  ['lines that end with CR alone', SMUGGLED.replaceAll('\r\n', '\r')],
  ['a tab in the request line', SMUGGLED.replace('POST /mcp', 'POST\t/mcp')],
  ['a space in the target', SMUGGLED.replace('/mcp HTTP', '/mcp /x HTTP')],
  ['no target', SMUGGLED.replace('POST /mcp HTTP', 'POST HTTP')],
  ['HTTP/0.9', 'POST /mcp\r\n\r\n'],
  ['HTTP/0.9 by name', SMUGGLED.replace('HTTP/1.1', 'HTTP/0.9')],
  ['HTTP/1.0', SMUGGLED.replace('HTTP/1.1', 'HTTP/1.0')],
  [
    'HTTP/1.0 with keep-alive',
    SMUGGLED.replace('HTTP/1.1', 'HTTP/1.0').replace('Connection: close', 'Connection: keep-alive'),
  ],
  ['HTTP/1.0 without Host', SMUGGLED.replace('HTTP/1.1', 'HTTP/1.0').replace('Host: localhost\r\n', '')],
  ['HTTP/1.2', SMUGGLED.replace('HTTP/1.1', 'HTTP/1.2')],
  ['HTTP/2.0', SMUGGLED.replace('HTTP/1.1', 'HTTP/2.0')],
  ['HTTP/11', SMUGGLED.replace('HTTP/1.1', 'HTTP/11')],
  ['http/1.1 in lower case', SMUGGLED.replace('HTTP/1.1', 'http/1.1')],
  ['another protocol', SMUGGLED.replace('HTTP/1.1', 'RTSP/1.0')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a PROXY line', `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${SMUGGLED}`],
  ['no Host', SMUGGLED.replace('Host: localhost\r\n', '')],
  ['an empty Host', SMUGGLED.replace('Host: localhost', 'Host:')],
  ['two equal Hosts', SMUGGLED.replace('Host: localhost', 'Host: localhost\r\nHost: localhost')],
  ['two different Hosts', SMUGGLED.replace('Host: localhost', 'Host: localhost\r\nhost: evil.example')],
];

for (const [what, bytes] of REFUSED) {
  test(`${what} is refused, and what stands behind it is never read`, () =>
    attacked().refuses(Buffer.from(bytes + SMUGGLED, 'latin1'), NO.http));
}

const ACCEPTED: readonly [what: string, bytes: string][] = [
  ['chunked in one piece', post('Transfer-Encoding: chunked', CHUNKED)],
  ['Chunked in another case', post('Transfer-Encoding: CHUNKED', CHUNKED)],
  [
    'chunked in single bytes',
    post(
      'Transfer-Encoding: chunked',
      `${BODY.split('')
        .map((c) => `1\r\n${c}\r\n`)
        .join('')}0\r\n\r\n`,
    ),
  ],
  ['a chunk size with leading zeros', post('Transfer-Encoding: chunked', `000${SIZE}\r\n${BODY}\r\n000\r\n\r\n`)],
  ['a chunk extension', post('Transfer-Encoding: chunked', `${SIZE};name="va;lue"\r\n${BODY}\r\n0\r\n\r\n`)],
  ['trailers', post('Transfer-Encoding: chunked', `${SIZE}\r\n${BODY}\r\n0\r\nMcp-Name: list\r\nHost: evil\r\n\r\n`)],
  ['Transfer_Encoding beside a length', post(`Transfer_Encoding: chunked\r\nContent-Length: ${BODY.length}`, BODY)],
  ['empty lines before the request', `\r\n\r\n${SMUGGLED}`],
  ['two spaces in the request line', SMUGGLED.replace('POST /mcp', 'POST  /mcp')],
  ['a length with leading zeros', post(`Content-Length: 000${BODY.length}`, BODY)],
  ['Upgrade: websocket', post(`Upgrade: websocket\r\nContent-Length: ${BODY.length}`, BODY)],
  [
    'Upgrade: h2c that Connection names',
    post(`Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: ${BODY.length}`, BODY).replace(
      'Connection: close',
      'Connection: close, Upgrade, HTTP2-Settings',
    ),
  ],
];

for (const [what, bytes] of ACCEPTED) {
  test(`${what} is served once, framed anew`, async () => {
    await attacked().accepts(Buffer.from(bytes, 'latin1'), BODY);
    const headers = attacked().upstream.hits.at(-2)?.request.headers;
    assert.equal(headers?.['content-length'], String(BODY.length));
    assert.equal(headers?.['transfer-encoding'], undefined);
    assert.equal(headers?.upgrade, undefined);
    assert.equal(headers?.['mcp-name'], 'echo');
  });
}

test('a Content-Length that cuts the JSON is refused', () =>
  attacked().refuses(post(`Content-Length: ${BODY.length - 1}`, BODY.slice(0, -1)), NO.json));

/** Requests that are refused before their body is read; each body is a whole request of its own. */
const UNREAD: readonly [what: string, head: string, status: number][] = [
  ['an unknown path', 'POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json', 404],
  ['a path that does not decode', 'POST /%zz HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json', 404],
  ['an absolute target', 'POST http://evil/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain', 404],
  ['another verb', 'PUT /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['GET with a body', 'GET /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['DELETE with a body', 'DELETE /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['OPTIONS with a body', 'OPTIONS /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['TRACE with a body', 'TRACE /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['PROPFIND with a body', 'PROPFIND /mcp HTTP/1.1\r\nHost: localhost', 405],
  ['another media type', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain', 415],
  ['another host', 'POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json', 403],
  ['another origin', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example', 403],
  [
    'a token',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer x',
    401,
  ],
];

for (const [what, head, status] of UNREAD) {
  for (const framing of ['length', 'chunks'] as const) {
    test(`the body of a request refused for ${what}, framed by ${framing}, is never the next request`, async () => {
      const { upstream } = attacked();
      const seen = upstream.hits.length;
      const inner = SMUGGLED;
      const framed =
        framing === 'length'
          ? `Content-Length: ${inner.length}\r\n\r\n${inner}`
          : `Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
      const next = SMUGGLED.replace('/mcp ', '/next ');
      const { answers, rubbish } = await attacked().converse(`${head}\r\n${framed}${next}`);
      assert.equal(rubbish, '');
      // Either the connection ends with the refusal, or the request behind the whole body is the next one.
      assert.deepEqual(
        answers.map((answer) => answer.status),
        answers.length === 1 ? [status] : [status, 404],
      );
      assert.equal(upstream.hits.length, seen);
      await attacked().servesHonestCall();
    });
  }
}

test('of pipelined requests those that are carried out are answered, in order, each with its own answer', async () => {
  const seen = attacked().upstream.hits.length;
  const kept = (id: number): Buffer =>
    attacked().toBytes({
      lines: [['Connection', 'keep-alive'], ...toHeaderLines('tools/list')],
      body: toRequestBody('tools/list', {}, id),
    });
  const last = Buffer.from(SMUGGLED.replace('/mcp', '/x'));
  const { answers, rubbish } = await attacked().converse(Buffer.concat([kept(1), kept(2), kept(3), last]));
  assert.equal(rubbish, '');
  const said = answers.map((answer) => [answer.status, (JSON.parse(answer.text) as { id?: number }).id]);
  const all = [
    [200, 1],
    [200, 2],
    [200, 3],
    [404, undefined],
  ];
  assert.deepEqual(said, all.slice(0, said.length));
  assert.equal(attacked().upstream.hits.length - seen, said.filter(([status]) => status === 200).length);
});

for (const [what, bytes, expected] of [
  ['an absolute target of our own host', SMUGGLED.replace('/mcp ', 'http://localhost/mcp '), NO.path],
  ['an absolute target of another host', SMUGGLED.replace('/mcp ', 'http://evil.example/mcp '), NO.path],
  ['CONNECT to an authority', 'CONNECT internal.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', NO.verb],
  ['CONNECT with a path', 'CONNECT /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n', NO.verb],
  [
    'CONNECT with a request behind it',
    `CONNECT internal.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n${SMUGGLED}`,
    NO.verb,
  ],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', NO.path],
  ['POST *', SMUGGLED.replace('/mcp ', '* '), NO.path],
  ['a target with a fragment', SMUGGLED.replace('/mcp ', '/mcp#x '), NO.path],
  ['a target with an authority alone', SMUGGLED.replace('/mcp ', '//localhost/mcp '), NO.path],
  ['another expectation', SMUGGLED.replace('Host', 'Expect: 200-ok\r\nHost'), NO.expectation],
  ['an empty expectation', SMUGGLED.replace('Host', 'Expect:\r\nHost'), NO.expectation],
] as const) {
  test(`${what} is refused`, () => attacked().refuses(Buffer.from(bytes, 'latin1'), expected));
}

test('100-continue is honoured once', async () => {
  const { answers, interim } = await attacked().converse(SMUGGLED.replace('Host', 'Expect: 100-continue\r\nHost'));
  assert.deepEqual(interim, [100]);
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200],
  );
});
