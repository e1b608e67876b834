// The attacker's page makes its own name resolve to the gateway's address (DNS rebinding), or calls across origins: the
// browser then sends the attacker's host or origin, and must get nothing, not even a CORS header.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeaderLines, toHeaderLines } from '../support/mcp-request.ts';
import { attackGateway, NO } from './support/attacked-gateway.ts';

const closed = attackGateway();
const open = attackGateway({
  config: {
    allowedHosts: ['127.0.0.1', 'mcp.example.com:8443', '[::1]'],
    allowedOrigins: ['https://app.example.com', 'http://tools.example.com:8080'],
  },
});
const any = attackGateway({ config: { allowedHosts: ['*'] } });

const CORS = /^access-control-/;
const LINES = toHeaderLines('tools/call', 'echo');
const withLines = (...more: [string, string][]): { lines: HeaderLines } => ({ lines: [...more, ...LINES] });

for (const host of [
  'evil.example',
  'localhost.evil.example',
  'evil-localhost',
  'xlocalhost',
  'localhost.',
  'localhost.:80',
  'localhost:',
  'localhost:80:80',
  'localhost:999999',
  'localhost:+80',
  'localhost:8o',
  'localhost,evil.example',
  'localhost evil.example',
  'localhost/evil',
  'localhost@evil.example',
  'user@localhost',
  'localhost#evil',
  'localhost%00',
  '[localhost]',
  '127.0.0.1.evil.example',
  '127.1',
  '127.0.0.01',
  '2130706433',
  '0x7f000001',
  '0.0.0.0',
  '[::1]',
  '[::ffff:127.0.0.1]',
  'loc\xe4lhost',
  'LOCALHOST.evil',
]) {
  test(`the host ${host} is refused`, () => closed().refuses(withLines(['Host', host]), NO.host));
}

for (const host of [
  'localhost',
  'LocalHost',
  'localhost:1',
  'localhost:65535',
  '127.0.0.1',
  '127.0.0.1:80',
  ' localhost ',
]) {
  test(`the host "${host}" is served`, () => closed().accepts(withLines(['Host', host])));
}

for (const [host, served] of [
  ['mcp.example.com:8443', true],
  ['MCP.EXAMPLE.COM:8443', true],
  ['mcp.example.com', false],
  ['mcp.example.com:443', false],
  ['x.mcp.example.com:8443', false],
  ['[::1]', true],
  ['[::1]:80', true],
  ['[::1', false],
  ['::1', false],
  ['[0:0:0:0:0:0:0:1]', false],
] as const) {
  test(`with a list of hosts, ${host} is ${served ? 'served' : 'refused'}`, async () => {
    if (served) await open().accepts(withLines(['Host', host]));
    else await open().refuses(withLines(['Host', host]), NO.host);
  });
}

for (const origin of [
  'null',
  'NULL',
  '',
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:443',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://x.app.example.com',
  'https://app.example.com.',
  'https://app.example.com/',
  'https://app.example.com/x',
  'https://app.example.com@evil.example',
  'https://evil.example#https://app.example.com',
  'https://APP.example.com',
  'HTTPS://app.example.com',
  'https://app.example.com https://evil.example',
  'https://app.example.com, https://evil.example',
  'app.example.com',
  '//app.example.com',
  'http://tools.example.com',
  'file://',
  'chrome-extension://abc',
  'http://127.0.0.1:1',
  'http://localhost',
  'https://mcp.example.com:8443',
  '*',
]) {
  test(`the origin "${origin}" is refused without any CORS header`, async () => {
    const answer = await open().getRefusal(withLines(['Origin', origin]), NO.origin);
    assertNoCors(answer.headers);
  });
}

test('two origins are refused, also when both are allowed', async () => {
  const one: [string, string] = ['Origin', 'https://app.example.com'];
  assertNoCors((await open().getRefusal(withLines(one, one), NO.origin)).headers);
  assertNoCors((await open().getRefusal(withLines(one, ['origin', 'https://evil.example']), NO.origin)).headers);
});

test('the origin of the very host that is called is served, with no CORS headers', async () => {
  const host = `127.0.0.1:${closed().port}`;
  assertNoCors((await closed().getAnswer(withLines(['Origin', `http://${host}`]))).headers);
});

test('where any host is served, no origin is its own', () =>
  any().refuses(withLines(['Host', 'evil.example'], ['Origin', 'http://evil.example']), NO.origin));

test('a rebound page whose origin is its own host is refused for its host', () =>
  closed().refuses(withLines(['Host', 'evil.example'], ['Origin', 'http://evil.example']), NO.host));

for (const origin of ['https://app.example.com', 'http://tools.example.com:8080']) {
  test(`the allowed origin ${origin} is named in every answer, also in a refusal`, async () => {
    const served = await open().getAnswer(withLines(['Origin', origin]));
    const refused = await open().getRefusal({ ...withLines(['Origin', origin]), body: '' }, NO.json);
    for (const { headers } of [served, refused]) {
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.equal(headers.get('access-control-allow-credentials'), undefined);
      assert.equal(headers.get('vary'), 'Origin');
      assert.match(headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/);
    }
  });
}

const preflight = (origin: string, requested: string): { verb: string; lines: HeaderLines; body: string } => ({
  verb: 'OPTIONS',
  lines: [
    ['Origin', origin],
    ['Access-Control-Request-Method', 'POST'],
    ['Access-Control-Request-Headers', requested],
  ],
  body: '',
});

test('a preflight of an allowed origin is answered, and repeats nothing but Mcp-Param names', async () => {
  const seen = open().upstream.hits.length;
  const asked = 'content-type,mcp-param-region,x-evil,mcp-param-a b,mcp-param-,cookie,mcp-param-<script>';
  const { status, headers, text } = await open().send(preflight('https://app.example.com', asked));
  assert.equal(status, 204);
  assert.equal(text, '');
  assert.equal(headers.get('access-control-allow-origin'), 'https://app.example.com');
  assert.equal(headers.get('access-control-allow-methods'), 'POST');
  assert.equal(headers.get('access-control-allow-credentials'), undefined);
  const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(', ');
  for (const name of [
    'authorization',
    'content-type',
    'mcp-method',
    'mcp-name',
    'mcp-protocol-version',
    'mcp-param-region',
  ])
    assert.ok(allowed.includes(name), name);
  for (const name of ['x-evil', 'cookie', 'mcp-param-', 'mcp-param-<script>', 'mcp-param-a b', '*'])
    assert.ok(!allowed.includes(name), name);
  assert.equal(open().upstream.hits.length, seen);
  await open().servesHonestCall();
});

test('an answer without content has no Content-Length', async () => {
  const { headers } = await open().send(preflight('https://app.example.com', 'content-type'));
  assert.equal(headers.get('content-length'), undefined);
});

test('a preflight of another origin is refused without any CORS header', async () => {
  for (const origin of ['https://evil.example', 'null'])
    assertNoCors((await open().getRefusal(preflight(origin, 'content-type'), NO.origin)).headers);
});

test('a preflight where no origin is allowed is refused without any CORS header', async () => {
  assertNoCors((await closed().getRefusal(preflight('https://app.example.com', 'content-type'), NO.origin)).headers);
  const own = `http://127.0.0.1:${closed().port}`;
  const answer = await closed().getRefusal(preflight(own, 'content-type'), NO.verb);
  assertNoCors(answer.headers);
  assert.equal(answer.headers.get('allow'), 'POST');
});

function assertNoCors(headers: ReadonlyMap<string, string>): void {
  assert.deepEqual(
    [...headers.keys()].filter((name) => CORS.test(name)),
    [],
  );
}
