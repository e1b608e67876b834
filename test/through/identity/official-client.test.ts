// The official SDK client, knowing nothing but the URL, gets from a 401 to a call, and from a 403 to a call with more scopes.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startDemoServer } from '../../../gateway/demo/demo-server.ts';
import { toInstance } from '../support/official-client.ts';
import { startGateway } from '../support/start.ts';
import { type AuthorizationServer, startAuthorizationServer } from './support/authorization-server.ts';
import { toGuardedConfig } from './support/guarded-gateway.ts';
import { makePersonAtClient } from './support/person-at-client.ts';

const RULES = [
  { id: 'reading', allow: { tools: ['get_forecast'] }, to: { scopes: ['weather:read'] } },
  { id: 'writing', allow: { tools: ['delete_station'] }, to: { scopes: ['weather:read', 'weather:write'] } },
];
const FORECAST = { name: 'get_forecast', arguments: { city: 'Lisbon' } };

/** Three demo servers behind a gateway whose public URL is the one it is reached at. */
async function start(t: TestContext): Promise<{ readonly server: AuthorizationServer; readonly origin: string }> {
  const server = await startAuthorizationServer(t);
  const instances = await Promise.all(
    ['weather-1', 'weather-2', 'weather-3'].map((instance) => startDemoServer({ instance })),
  );
  t.after(() => Promise.all(instances.map((instance) => instance.close())));
  const config = await toGuardedConfig(t, { identity: { issuers: [{ issuer: server.issuer }] }, rules: RULES });
  const gateway = await startGateway(t, { instances: instances.map(({ url }) => url), config });
  // Only now the port is known.
  await gateway.apply({ ...config, publicUrl: gateway.origin });
  return { server, origin: gateway.origin };
}

test('the official client discovers who to ask, registers, logs in and calls', async (t) => {
  const { server, origin } = await start(t);
  const person = makePersonAtClient(t, `${origin}/mcp`);
  const client = await person.connect();
  const { tools } = await client.listTools();
  assert.ok(tools.some(({ name }) => name === 'get_forecast'));
  const landed = new Set<unknown>();
  for (let i = 0; i < 3; i++) landed.add(toInstance(await client.callTool(FORECAST)));
  assert.equal(landed.size, 3);

  assert.deepEqual(
    person.seen.map(({ verb, url, status, method }) => `${verb} ${url} ${method ?? ''} ${status}`),
    [
      `POST ${origin}/mcp server/discover 401`,
      `GET ${origin}/.well-known/oauth-protected-resource/mcp  200`,
      `GET ${server.issuer}/.well-known/oauth-authorization-server  200`,
      `POST ${server.issuer}/reg  201`,
      `POST ${server.issuer}/token  200`,
      `POST ${origin}/mcp server/discover 200`,
      `POST ${origin}/mcp tools/list 200`,
      ...Array.from({ length: 3 }, () => `POST ${origin}/mcp tools/call 200`),
    ],
  );
  const [asked, ...more] = person.asked;
  assert.equal(more.length, 0);
  assert.equal(asked?.get('resource'), `${origin}/mcp`);
  assert.equal(asked?.get('scope'), 'weather:read weather:write');
  assert.equal(asked?.get('code_challenge_method'), 'S256');
});

test('a call that needs another scope leads the official client to ask for it and to succeed', async (t) => {
  const { server, origin } = await start(t);
  server.consentTo('weather:read');
  const person = makePersonAtClient(t, `${origin}/mcp`);
  const client = await person.connect();
  assert.equal(person.tokens()?.scope, 'weather:read');
  assert.ok(toInstance(await client.callTool(FORECAST)));

  server.consentTo('weather:read', 'weather:write');
  const before = person.seen.length;
  const deletion = { name: 'delete_station', arguments: { id: 'oslo-1' } };
  const result = await person.withLogin(() => client.callTool(deletion));
  assert.notEqual(result.isError, true);
  assert.equal(person.tokens()?.scope, 'weather:read weather:write');
  assert.deepEqual(
    person.seen.slice(before).map(({ url, status, method }) => `${url} ${method ?? ''} ${status}`),
    [`${origin}/mcp tools/call 403`, `${server.issuer}/token  200`, `${origin}/mcp tools/call 200`],
  );
  assert.equal(person.asked.length, 2);
  assert.deepEqual(person.asked[1]?.get('scope')?.split(' ').toSorted(), ['weather:read', 'weather:write']);
});

test('a person who does not consent to the scope is refused again, and nothing loops', async (t) => {
  const { server, origin } = await start(t);
  server.consentTo('weather:read');
  const person = makePersonAtClient(t, `${origin}/mcp`);
  const client = await person.connect();
  const deletion = { name: 'delete_station', arguments: { id: 'oslo-1' } };
  await assert.rejects(
    person.withLogin(() => client.callTool(deletion)),
    { name: 'UnauthorizedError' },
  );
  assert.equal(person.seen.filter(({ status }) => status === 403).length, 2);
  assert.ok(toInstance(await client.callTool(FORECAST)));
});
