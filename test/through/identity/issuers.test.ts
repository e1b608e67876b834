// Several issuers stand side by side, each with its own keys, and an endpoint may take the tokens of some of them only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken, startFakeIssuer } from '../../support/fake-issuer.ts';
import { sendRaw } from '../../support/mcp-request.ts';
import { startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, PUBLIC_URL, RESOURCE, startGuardedGateway, writeAccess } from './support/guarded-gateway.ts';

const STAFF = `${PUBLIC_URL}/staff`;

test('an endpoint takes the tokens of its own issuers, and its metadata names no others', async (t) => {
  const [staff, guests] = [await startAuthorizationServer(t), await startAuthorizationServer(t)];
  const access = [await writeAccess(t)];
  const endpoints = {
    '/mcp': { upstream: 'fleet', access },
    '/staff': { upstream: 'fleet', access, issuers: [staff.issuer] },
  };
  const issuers = [{ issuer: staff.issuer }, { issuer: guests.issuer }];
  const { port } = await startGuardedGateway(t, { identity: { issuers }, config: { endpoints } });
  for (const [server, path, resource, status] of [
    [staff, '/mcp', RESOURCE, 200],
    [guests, '/mcp', RESOURCE, 200],
    [staff, '/staff', STAFF, 200],
    [guests, '/staff', STAFF, 401],
  ] as const) {
    const token = await server.mint({ resource, scope: 'weather:read' });
    assert.equal((await callTool(port, token, 'read_station', path)).status, status, `${server.issuer} ${path}`);
  }
  const read = async (path: string): Promise<unknown> => {
    const target = `/.well-known/oauth-protected-resource${path}`;
    const { text } = await sendRaw({ port, target, lines: [], body: '', verb: 'GET' });
    return (JSON.parse(text) as { authorization_servers?: unknown }).authorization_servers;
  };
  assert.deepEqual(await read('/mcp'), [staff.issuer, guests.issuer]);
  assert.deepEqual(await read('/staff'), [staff.issuer]);
});

test('a token of both audiences is judged for each endpoint by its issuer, also once it is remembered', async (t) => {
  const [staff, guests] = [await startFakeIssuer(), await startFakeIssuer()];
  t.after(() => Promise.all([staff.close(), guests.close()]));
  const access = [await writeAccess(t)];
  const endpoints = {
    '/mcp': { upstream: 'fleet', access },
    '/staff': { upstream: 'fleet', access, issuers: [staff.issuer] },
  };
  const issuers = [{ issuer: staff.issuer }, { issuer: guests.issuer }];
  const { port } = await startGuardedGateway(t, { identity: { issuers }, config: { endpoints } });
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = await guests.sign({ aud: [RESOURCE, STAFF], sub: 'gus', exp, scope: 'weather:read' });
  for (let i = 0; i < 2; i++) {
    assert.equal((await callTool(port, token)).status, 200);
    assert.equal((await callTool(port, token, 'read_station', '/staff')).status, 401);
  }
});

test('no issuer can speak for another, with its own key or by its kid', async (t) => {
  const [one, other] = [await startFakeIssuer(), await startFakeIssuer()];
  t.after(() => Promise.all([one.close(), other.close()]));
  const issuers = [{ issuer: one.issuer }, { issuer: other.issuer }];
  const { port } = await startGuardedGateway(t, { identity: { issuers, keys: { cooldown: '1h' } } });
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: one.issuer, aud: RESOURCE, sub: 'gus', exp, scope: 'weather:read' };
  assert.equal((await callTool(port, await one.sign(claims))).status, 200);
  assert.equal((await callTool(port, await signToken(other.key, claims))).status, 401);
  assert.equal((await callTool(port, await signToken(other.key, claims, { kid: one.key.kid }))).status, 401);
});

test('one issuer that is out does not keep the tokens of another out', async (t) => {
  const [well, sick] = [await startAuthorizationServer(t), await startAuthorizationServer(t)];
  const issuers = [{ issuer: well.issuer }, { issuer: sick.issuer }];
  const keys = { refresh: '200ms', staleFor: '1ms' };
  const gateway = await startGuardedGateway(t, { identity: { issuers, keys } });
  const tokens = [
    await well.mint({ resource: RESOURCE, scope: 'weather:read' }),
    await sick.mint({ resource: RESOURCE, scope: 'weather:read' }),
  ];
  sick.setDown(true);
  const statuses = async (): Promise<readonly number[]> =>
    Promise.all(tokens.map(async (token) => (await callTool(gateway.port, token)).status));
  for (let tries = 0; (await statuses())[1] === 200; tries++) assert.ok(tries < 1_000, 'its keys never expire');
  assert.deepEqual(await statuses(), [200, 401]);
});
