// Tokens of a real authorization server: its keys are found, its tokens let in what they were issued for, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, RESOURCE, startGuardedGateway, toReason } from './support/guarded-gateway.ts';

const OAUTH = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';
const READ = { resource: RESOURCE, scope: 'weather:read' };

test('keys are found through RFC 8414, and through OpenID Connect discovery where there is nothing else', async (t) => {
  for (const [hidden, asked] of [
    [[], [OAUTH, '/jwks']],
    [[OIDC], [OAUTH, '/jwks']],
    [[OAUTH], [OAUTH, OIDC, '/jwks']],
  ] as const) {
    const server = await startAuthorizationServer(t);
    server.hide(...hidden);
    const gateway = await startGuardedGateway(t, { identity: { issuers: [{ issuer: server.issuer }] } });
    assert.deepEqual(server.hits, asked);
    assert.equal((await callTool(gateway.port, await server.mint(READ))).status, 200);
  }
});

test('with jwksUri nothing is discovered', async (t) => {
  const server = await startAuthorizationServer(t);
  const issuers = [{ issuer: server.issuer, jwksUri: server.jwksUri }];
  const gateway = await startGuardedGateway(t, { identity: { issuers } });
  assert.deepEqual(server.hits, ['/jwks']);
  assert.equal((await callTool(gateway.port, await server.mint(READ))).status, 200);
});

test('RS256, ES256 and EdDSA tokens of one issuer are taken side by side, and cost it no further request', async (t) => {
  const server = await startAuthorizationServer(t);
  const gateway = await startGuardedGateway(t, { identity: { issuers: [{ issuer: server.issuer }] } });
  for (const key of server.keys) {
    const token = await server.mint({ ...READ, key });
    const { alg, kid, typ } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    assert.deepEqual({ alg, kid, typ }, { alg: key.alg, kid: key.kid, typ: 'at+jwt' });
    for (let i = 0; i < 3; i++) assert.equal((await callTool(gateway.port, token)).status, 200, key.alg);
  }
  assert.equal(server.hits.filter((path) => path === '/jwks').length, 1);
});

test('an algorithm that the configuration leaves out is refused, although the issuer uses it', async (t) => {
  const server = await startAuthorizationServer(t);
  const issuers = [{ issuer: server.issuer, algorithms: ['ES256'] }];
  const gateway = await startGuardedGateway(t, { identity: { issuers } });
  const statuses = [];
  for (const key of server.keys) {
    statuses.push((await callTool(gateway.port, await server.mint({ ...READ, key }))).status);
  }
  assert.deepEqual(statuses, [401, 200, 401]);
});

test('a token for another resource is refused, however close its name', async (t) => {
  const server = await startAuthorizationServer(t);
  const gateway = await startGuardedGateway(t, { identity: { issuers: [{ issuer: server.issuer }] } });
  for (const resource of [
    `${RESOURCE}/`,
    `${RESOURCE}2`,
    `${RESOURCE}?tenant=1`,
    'https://mcp.example.com/other/mcp',
    'https://mcp.example.com',
    'http://mcp.example.com/mcp',
    'https://MCP.example.com/mcp',
  ]) {
    const answer = await callTool(gateway.port, await server.mint({ ...READ, resource }));
    assert.deepEqual([answer.status, toReason(answer)], [401, 'token_invalid'], resource);
  }
  assert.equal((await callTool(gateway.port, await server.mint(READ))).status, 200);
});

test('a scope opens its own tools alone, and a broad scope those it implies', async (t) => {
  const server = await startAuthorizationServer(t);
  const scopeImplies = { 'weather:admin': ['weather:write'], 'weather:write': ['weather:read'] };
  const issuers = [{ issuer: server.issuer, scopeImplies }];
  const gateway = await startGuardedGateway(t, { identity: { issuers } });
  for (const [scope, reading, writing] of [
    ['weather:read', 200, 403],
    ['weather:write', 200, 200],
    ['weather:admin', 200, 200],
    [undefined, 403, 403],
  ] as const) {
    const token = await server.mint({ resource: RESOURCE, ...(scope !== undefined && { scope }) });
    assert.equal((await callTool(gateway.port, token, 'read_station')).status, reading, scope);
    assert.equal((await callTool(gateway.port, token, 'write_station')).status, writing, scope);
    assert.equal((await callTool(gateway.port, token, 'delete_station')).status, 403, scope);
  }
});

test('without a token nobody is served unless the configuration says so, and a bad token never is', async (t) => {
  const server = await startAuthorizationServer(t);
  const issuers = [{ issuer: server.issuer }];
  const rules = [
    { id: 'open', allow: { tools: ['read_public'] }, to: { everyone: true } },
    { id: 'reading', allow: { tools: ['read_*'] }, to: { scopes: ['weather:read'] } },
  ];
  const closed = await startGuardedGateway(t, { identity: { issuers }, rules });
  const open = await startGuardedGateway(t, { identity: { issuers, anonymous: true }, rules });
  const bad = await server.mint({ ...READ, resource: `${RESOURCE}/other` });
  assert.deepEqual(toReason(await callTool(closed.port, undefined, 'read_public')), 'token_absent');
  assert.equal((await callTool(open.port, undefined, 'read_public')).status, 200);
  const asked = await callTool(open.port, undefined, 'read_station');
  assert.equal(asked.status, 401, 'a token could bring the scope');
  assert.match(asked.headers.get('www-authenticate') ?? '', /scope="weather:read"$/);
  assert.equal((await callTool(open.port, bad, 'read_public')).status, 401);
  assert.equal((await callTool(open.port, await server.mint(READ), 'read_station')).status, 200);
});
