// The issuer's metadata, passed on: from where, with which headers, and what of the issuer's faults is seen.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { toIssuerDocuments } from '../../../gateway/edge/metadata-passage.ts';
import { type FakeIssuer, type IssuerBehaviour, sendJson, startFakeIssuer } from '../../support/fake-issuer.ts';
import { sendRaw } from '../../support/mcp-request.ts';
import { until } from '../../through/support/until.ts';
import { makeAuthority } from '../upstream/certificates.ts';
import { OAUTH, OIDC, startPassage } from './passage-under-test.ts';

async function startIssuer(t: TestContext, behaviour?: IssuerBehaviour, path = ''): Promise<FakeIssuer> {
  const issuer = await startFakeIssuer({ path });
  issuer.behave(behaviour);
  t.after(() => issuer.close());
  return issuer;
}

test('documents are where RFC 8414 and OpenID Connect put them, whatever path was asked for', () => {
  const documents = toIssuerDocuments('https://login.example.com/realms/demo', ['/', '/mcp', '/many/mcp/']);
  const oauth = 'https://login.example.com/.well-known/oauth-authorization-server/realms/demo';
  const oidc = 'https://login.example.com/realms/demo/.well-known/openid-configuration';
  assert.deepEqual(
    [...documents].map(([path, url]) => [path, url.href]),
    ['', '/mcp', '/many/mcp'].flatMap((suffix) => [
      [`${OAUTH}${suffix}`, oauth],
      [`${OIDC}${suffix}`, oidc],
    ]),
  );
});

test('an issuer without a path, or with a slash alone, has its documents at its root', () => {
  for (const issuer of ['https://login.example.com', 'https://login.example.com/']) {
    assert.deepEqual(
      [...toIssuerDocuments(issuer, []).values()].map(({ href }) => href),
      [`https://login.example.com${OAUTH}`, `https://login.example.com${OIDC}`],
    );
  }
});

test('the document of the issuer is passed on as it is, also for the paths of endpoints', async (t) => {
  const issuer = await startIssuer(t, undefined, '/realms/demo');
  const passage = await startPassage(t, issuer.issuer);
  for (const path of [OAUTH, `${OAUTH}/mcp`, OIDC, `${OIDC}/many/mcp`]) {
    const { response, text } = await passage.get(path);
    assert.equal(response.status, 200, path);
    assert.deepEqual(JSON.parse(text), { issuer: issuer.issuer, jwks_uri: issuer.jwksUri });
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
  }
  const oauth = `${OAUTH}/realms/demo`;
  const oidc = `/realms/demo${OIDC}`;
  assert.deepEqual(issuer.hits, [oauth, oauth, oidc, oidc]);
});

test('nothing of the caller reaches the issuer', async (t) => {
  const seen: { url: string | undefined; method: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const issuer = await startIssuer(t, ({ url, method, headers }, response) => {
    seen.push({ url, method, headers });
    sendJson(response, { issuer: 'x' });
  });
  const passage = await startPassage(t, issuer.issuer);
  const headers = {
    authorization: 'Bearer canary',
    cookie: 'canary=1',
    'x-forwarded-for': '10.0.0.1',
    forwarded: 'for=10.0.0.1',
    'accept-encoding': 'gzip',
    'if-none-match': '"canary"',
    'user-agent': 'canary',
  };
  assert.equal((await passage.get(`${OAUTH}?canary=1`, { headers })).response.status, 200);
  assert.equal((await passage.get(OAUTH, { headers, method: 'HEAD' })).response.status, 200);
  const { host } = new URL(issuer.issuer);
  const wanted = { accept: 'application/json', 'accept-encoding': 'identity', connection: 'keep-alive', host };
  assert.deepEqual(seen, [
    { url: OAUTH, method: 'GET', headers: wanted },
    { url: OAUTH, method: 'GET', headers: wanted },
  ]);
});

test('of the headers of the issuer only cache-control comes back', async (t) => {
  const issuer = await startIssuer(t, (_request, response) => {
    response.setHeader('set-cookie', 'a=1');
    response.setHeader('access-control-allow-origin', 'https://evil.example');
    response.setHeader('cache-control', 'public, max-age=60');
    response.setHeader('x-canary', '1');
    response.setHeader('www-authenticate', 'Basic');
    response.setHeader('location', 'relative');
    sendJson(response, { issuer: 'x' });
  });
  const passage = await startPassage(t, issuer.issuer);
  const { response } = await passage.get(OAUTH);
  const names = [...response.headers.keys()].filter((name) => !['connection', 'date', 'keep-alive'].includes(name));
  assert.deepEqual(names, ['access-control-allow-origin', 'cache-control', 'content-length', 'content-type']);
  assert.equal(response.headers.get('cache-control'), 'public, max-age=60');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
});

test('HEAD answers with the length of the document and without it', async (t) => {
  const issuer = await startIssuer(t);
  const passage = await startPassage(t, issuer.issuer);
  const { text } = await passage.get(OAUTH);
  const head = await passage.get(OAUTH, { method: 'HEAD' });
  assert.equal(head.text, '');
  assert.equal(head.response.headers.get('content-length'), String(text.length));
});

test('a page may ask with the header that clients of MCP send', async (t) => {
  const passage = await startPassage(t, 'https://login.example.com');
  const { response } = await passage.get(OAUTH, { method: 'OPTIONS' });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.match(String(response.headers.get('access-control-allow-headers')), /MCP-Protocol-Version/i);
});

test('other verbs are 405, other paths and a passage that is off 404, foreign hosts 403', async (t) => {
  const issuer = await startIssuer(t);
  const passage = await startPassage(t, issuer.issuer);
  const status = async (path: string, init?: RequestInit) => (await passage.get(path, init)).response.status;
  const json = { 'content-type': 'application/json' };
  assert.equal(await status(OAUTH, { method: 'POST', body: '{', headers: json }), 405);
  assert.equal(await status(OAUTH, { method: 'DELETE' }), 405);
  for (const suffix of ['/', '/mcp/', '/other', '/mcp%2f', '/..%2fkeys', '/%2e%2e/keys'])
    assert.equal(await status(`${OAUTH}${suffix}`), 404, suffix);
  const foreign = await sendRaw({
    port: passage.port,
    verb: 'GET',
    target: OAUTH,
    lines: [['Host', 'evil.example']],
    body: '',
  });
  assert.equal(foreign.status, 403);
  passage.pointTo(undefined);
  assert.equal(await status(OAUTH), 404);
  assert.equal(await status(OAUTH, { method: 'POST' }), 404);
  assert.deepEqual(issuer.hits, []);
});

test('a reload leads the next request to another issuer', async (t) => {
  const [first, second] = [await startIssuer(t), await startIssuer(t)];
  const passage = await startPassage(t, first.issuer);
  assert.match((await passage.get(OAUTH)).text, new RegExp(`"issuer":"${first.issuer}"`));
  passage.pointTo(second.issuer);
  assert.match((await passage.get(OAUTH)).text, new RegExp(`"issuer":"${second.issuer}"`));
  assert.equal(first.hits.length, 1);
});

const FAULTS: readonly (readonly [name: string, reason: string, behaviour: IssuerBehaviour])[] = [
  ['a redirect', 'issuer_status', (_q, response) => response.writeHead(302, { location: 'https://x.example' }).end()],
  ['an answer of 500', 'issuer_status', (_q, response) => sendJson(response, {}, 500)],
  ['an answer of 503', 'issuer_status', (_q, response) => response.writeHead(503, { 'retry-after': '1' }).end()],
  ['a challenge', 'issuer_status', (_q, response) => sendJson(response, {}, 401)],
  ['an answer in HTML', 'issuer_media', (_q, response) => response.setHeader('content-type', 'text/html').end('{}')],
  [
    'an encoded answer',
    'issuer_media',
    (_q, response) => {
      response.setHeader('content-encoding', 'gzip');
      sendJson(response, {});
    },
  ],
  ['an array', 'issuer_malformed', (_q, response) => sendJson(response, [])],
  [
    'a name twice',
    'issuer_malformed',
    (_q, response) => response.setHeader('content-type', 'application/json').end('{"issuer":"a","issuer":"b"}'),
  ],
  ['a document above 256 KiB', 'issuer_oversized', (_q, response) => sendJson(response, { x: 'x'.repeat(300_000) })],
  [
    'an answer that breaks off',
    'issuer_cut',
    (_q, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"issuer":');
      setImmediate(() => response.destroy());
    },
  ],
  ['a connection that breaks', 'issuer_unreachable', (_q, response) => response.destroy()],
];

for (const [name, reason, behaviour] of FAULTS) {
  test(`${name} becomes 502 in our words, after one try`, async (t) => {
    const issuer = await startIssuer(t, behaviour);
    const passage = await startPassage(t, issuer.issuer);
    const { response, text } = await passage.get(OAUTH);
    assert.equal(response.status, 502);
    assert.equal(response.headers.get('location'), null);
    const { error } = JSON.parse(text) as { error: { code: number; data: { reason: string } } };
    assert.deepEqual([error.code, error.data.reason], [-32603, 'upstream_failed']);
    assert.deepEqual(
      passage.refusals.map(({ detail }) => detail.reason),
      [reason],
    );
    assert.equal(issuer.hits.length, 1);
    assert.equal(passage.live.size, 0);
  });
}

test('a document that the issuer does not have is 404, so that clients look elsewhere', async (t) => {
  const issuer = await startIssuer(t);
  issuer.discoverBy('oidc');
  const passage = await startPassage(t, issuer.issuer);
  assert.equal((await passage.get(OAUTH)).response.status, 404);
  assert.equal((await passage.get(OIDC)).response.status, 200);
});

test('an issuer that trickles is given up in time as a whole, and hears of it', async (t) => {
  let left = false;
  const issuer = await startIssuer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const dripping = setInterval(() => response.write(' '), 10);
    response.on('close', () => {
      clearInterval(dripping);
      left = true;
    });
  });
  const passage = await startPassage(t, issuer.issuer, 150);
  assert.equal((await passage.get(OAUTH)).response.status, 502);
  assert.equal(passage.refusals[0]?.detail.reason, 'issuer_slow');
  await until('the issuer hears of it', () => left);
});

test('an issuer that says nothing is given up in time', async (t) => {
  const issuer = await startIssuer(t, () => {});
  const passage = await startPassage(t, issuer.issuer, 150);
  assert.equal((await passage.get(OAUTH)).response.status, 502);
  assert.equal(passage.refusals[0]?.detail.reason, 'issuer_slow');
});

test('an issuer at which nothing listens is 502', async (t) => {
  const issuer = await startFakeIssuer();
  await issuer.close();
  const passage = await startPassage(t, issuer.issuer);
  assert.equal((await passage.get(OAUTH)).response.status, 502);
});

test('beyond 64 at once callers are asked to wait, and the issuer is left alone', async (t) => {
  const waiting: (() => void)[] = [];
  const issuer = await startIssuer(t, (_request, response) => {
    waiting.push(() => sendJson(response, { issuer: 'x' }));
  });
  const passage = await startPassage(t, issuer.issuer, 10_000);
  const first = Array.from({ length: 64 }, () => passage.get(OAUTH));
  await until('all have arrived', () => waiting.length === 64);
  const { response } = await passage.get(OAUTH);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '1');
  for (const answer of waiting) answer();
  assert.deepEqual(new Set((await Promise.all(first)).map(({ response: { status } }) => status)), new Set([200]));
  assert.equal(issuer.hits.length, 64);
});

const authority = makeAuthority();
const here = authority.certify('DNS:localhost,IP:127.0.0.1');

test('a certificate of an unknown authority is refused before the issuer sees a request, whatever the environment', async (t) => {
  const hits: (string | undefined)[] = [];
  const server = createTlsServer(here, ({ url }, response) => {
    hits.push(url);
    sendJson(response, { issuer: 'x' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const passage = await startPassage(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const setting of ['1', '0']) {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = setting;
    assert.equal((await passage.get(OAUTH)).response.status, 502);
  }
  for (const { detail } of passage.refusals)
    assert.match(JSON.stringify(toCodes(detail.cause)), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  assert.deepEqual(hits, []);
});

/** The codes of an error and of those behind it. */
function toCodes(error: unknown): unknown[] {
  return error instanceof Error ? [(error as NodeJS.ErrnoException).code, ...toCodes(error.cause)] : [];
}

test('no environment proxy or plain http sees what was meant for https', async (t) => {
  const plain = createServer((_request, response) => sendJson(response, { issuer: 'x' }));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.after(() => void plain.close());
  const passage = await startPassage(t, `https://127.0.0.1:${(plain.address() as AddressInfo).port}`);
  assert.equal((await passage.get(OAUTH)).response.status, 502);
});
