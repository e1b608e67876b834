// The caller's token is exchanged for one that is meant for the upstream: seldom, per person, and never in exchange for itself.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { FakeUpstream, Hit } from '../../support/fake-upstream.ts';
import type { RawAnswer } from '../../support/mcp-request.ts';
import { startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import { startAuthorizationServer } from './support/authorization-server.ts';
import { Canaries } from './support/canaries.ts';
import { type ExchangeServer, startExchangeServer } from './support/exchange-server.ts';
import { callTool, RESOURCE, startGuardedGateway, toGuardedConfig, toReason } from './support/guarded-gateway.ts';
import { startProcess } from './support/serve-process.ts';

const UPSTREAM = 'https://weather.internal.example.com/mcp';
const WORDS = 'canary-of-the-issuer-Zo7mQ2vX9kPd4RtL';

/** What a configuration says of an upstream whose tokens come from this server. */
function toUpstreams({ issuer, gateway }: ExchangeServer, { url }: FakeUpstream, changes: object = {}): object {
  const exchange = { issuer, ...gateway, timeout: '2s', ...changes };
  return { fleet: { instances: [url], paramHeaders: 'forward', resource: UPSTREAM, credential: { exchange } } };
}

async function startAll(t: TestContext, changes: object = {}, issuers: readonly object[] = []) {
  const server = await startExchangeServer(t, RESOURCE);
  const upstream = await startUpstream(t);
  const gateway = await startGuardedGateway(t, {
    identity: { issuers: [{ issuer: server.issuer }, ...issuers] },
    config: { upstreams: toUpstreams(server, upstream, changes) },
  });
  return { server, upstream, gateway };
}

/** The one token that a request brought the upstream. */
function toToken({ request }: Hit): string {
  const values = request.headersDistinct['authorization'] ?? [];
  assert.equal(values.length, 1);
  const [, token = ''] = /^Bearer (\S+)$/.exec(values[0] ?? '') ?? [];
  return token;
}

async function verify(server: ExchangeServer, hit: Hit) {
  const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
  const { payload } = await jwtVerify(toToken(hit), keys, {
    issuer: server.issuer,
    audience: UPSTREAM,
    typ: 'at+jwt',
  });
  return payload;
}

function assertFailed(answer: RawAnswer): void {
  const { error } = JSON.parse(answer.text) as { readonly error?: { readonly code?: number } };
  assert.deepEqual([answer.status, error?.code, toReason(answer)], [502, -32603, 'upstream_failed']);
}

test('the upstream gets a token for itself and for the same person, and the caller’s token nowhere', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  const caller = await server.mint('anna', RESOURCE);
  assert.equal((await callTool(gateway.port, caller)).status, 200);
  const [hit] = await upstream.waitForHits(1);
  assert.ok(hit);
  const { aud, sub, client_id: client } = await verify(server, hit);
  assert.deepEqual({ aud, sub, client }, { aud: UPSTREAM, sub: 'anna', client: server.gateway.clientId });
  assert.equal(toToken(hit), server.issued[0]);
  const canaries = new Canaries();
  canaries.addSecret(server.gateway.clientSecret);
  const [, , signature = ''] = caller.split('.');
  const seen = `${hit.request.url} ${hit.request.rawHeaders.join('\n')} ${hit.body.toString()}`;
  assert.ok(!seen.includes(signature));
  assert.equal(canaries.find(seen), undefined);
});

test('the issuer is found through discovery, and asked as this client for this resource', async (t) => {
  const { server, gateway } = await startAll(t, { scopes: ['weather:read'] });
  assert.ok(!server.hits.includes('/token'));
  assert.equal((await callTool(gateway.port, await server.mint('anna', RESOURCE))).status, 200);
  assert.equal(server.hits.at(-1), '/token');
  assert.deepEqual(server.exchanges, [
    { client: server.gateway.clientId, subject: 'anna', resource: UPSTREAM, scope: 'weather:read' },
  ]);
});

test('a second call is served from the cache, and another token of the same person is not', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  const caller = await server.mint('anna', RESOURCE);
  for (let i = 0; i < 3; i++) assert.equal((await callTool(gateway.port, caller)).status, 200);
  assert.equal(server.exchanges.length, 1);
  assert.deepEqual(new Set(upstream.hits.map(toToken)), new Set(server.issued));
  assert.equal((await callTool(gateway.port, await server.mint('anna', RESOURCE))).status, 200);
  assert.equal(server.exchanges.length, 2);
});

test('a token that is about to expire is exchanged again', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  server.setLifetime(1);
  const caller = await server.mint('anna', RESOURCE);
  await until('a second exchange', async () => {
    assert.equal((await callTool(gateway.port, caller)).status, 200);
    return server.exchanges.length === 2;
  });
  assert.deepEqual(new Set(upstream.hits.map(toToken)), new Set(server.issued));
  assert.equal(toToken(upstream.hits.at(-1) as Hit), server.issued[1]);
});

test('two people get two tokens, each always their own', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  const people = ['anna', 'bert'];
  const tokens = await Promise.all(people.map((person) => server.mint(person, RESOURCE)));
  for (let round = 0; round < 3; round++) {
    for (const token of tokens) assert.equal((await callTool(gateway.port, token)).status, 200);
  }
  const subjects = await Promise.all(upstream.hits.map(async (hit) => (await verify(server, hit)).sub));
  assert.deepEqual(subjects, [...people, ...people, ...people]);
  assert.equal(server.exchanges.length, 2);
  assert.equal(new Set(upstream.hits.map(toToken)).size, 2);
});

test('twenty first calls at once make one exchange', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  const caller = await server.mint('anna', RESOURCE);
  const answers = await Promise.all(Array.from({ length: 20 }, () => callTool(gateway.port, caller)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(server.exchanges.length, 1);
  assert.equal(server.hits.filter((path) => path === '/token').length, 1);
  assert.deepEqual(upstream.hits.map(toToken), Array.from({ length: 20 }).fill(server.issued[0]));
});

test('when the issuer goes away, whoever was exchanged goes on, and the others fail until it is back', async (t) => {
  const { server, upstream, gateway } = await startAll(t);
  const [cached, other] = [await server.mint('anna', RESOURCE), await server.mint('bert', RESOURCE)];
  assert.equal((await callTool(gateway.port, cached)).status, 200);
  server.setDown(true);
  for (let i = 0; i < 8; i++) {
    assertFailed(await callTool(gateway.port, other));
    assert.equal((await callTool(gateway.port, cached)).status, 200);
  }
  assert.equal(upstream.hits.length, 9);
  server.setDown(false);
  await until('the other is served', async () => (await callTool(gateway.port, other)).status === 200);
  assert.equal((await verify(server, upstream.hits.at(-1) as Hit)).sub, 'bert');
});

test('a token of another issuer goes to no issuer and no upstream', async (t) => {
  const foreign = await startAuthorizationServer(t);
  const { server, upstream, gateway } = await startAll(t, {}, [{ issuer: foreign.issuer }]);
  assertFailed(await callTool(gateway.port, await foreign.mint({ resource: RESOURCE, scope: 'weather:read' })));
  assert.deepEqual([server.exchanges.length, upstream.hits.length], [0, 0]);
  assert.ok(!server.hits.includes('/token'));
});

test('a client that the issuer does not know gets nothing, and the upstream is not called', async (t) => {
  const { server, upstream, gateway } = await startAll(t, { clientSecret: 'not-the-secret-of-the-gateway' });
  assertFailed(await callTool(gateway.port, await server.mint('anna', RESOURCE)));
  assert.equal(server.hits.filter((path) => path === '/token').length, 1);
  assert.deepEqual([server.exchanges.length, upstream.hits.length], [0, 0]);
});

test('neither the words of the issuer nor any token or secret are told, logged or counted', async (t) => {
  const server = await startExchangeServer(t, RESOURCE);
  const upstream = await startUpstream(t);
  const config = await toGuardedConfig(t, {
    identity: { issuers: [{ issuer: server.issuer }] },
    config: { upstreams: toUpstreams(server, upstream), telemetry: { log: { level: 'debug' } } },
  });
  const gateway = await startProcess(t, config);
  const admin = await gateway.waitForPort('admin listening');
  const port = await gateway.waitForPort('listening');
  const canaries = new Canaries();
  canaries.addSecret(WORDS);
  canaries.addSecret(server.gateway.clientSecret);
  const mint = async (person: string) => canaries.add(await server.mint(person, RESOURCE));

  const granted = await callTool(port, await mint('anna'));
  assert.equal(granted.status, 200);
  for (const token of server.issued) canaries.add(token);
  const answers = [granted];
  for (const code of ['invalid_target', WORDS]) {
    server.refuseWith(code, WORDS);
    const refused = await callTool(port, await mint('bert'));
    assertFailed(refused);
    answers.push(refused);
  }
  server.setDown(true);
  const failed = await callTool(port, await mint('carl'));
  assertFailed(failed);
  answers.push(failed);

  for (const event of ['token_exchanged', 'exchange_refused', 'exchange_failed'])
    await until(`${event} is logged`, () => gateway.output().includes(event));
  assert.match(gateway.output(), /"invalid_target"/);
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  for (const { text, headers } of answers) assert.equal(canaries.find(`${[...headers].join('\n')}${text}`), undefined);
  for (const text of [gateway.output(), metrics]) assert.equal(canaries.find(text), undefined);
});
