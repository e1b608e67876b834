// The issuer cannot be reached: the last good keys serve for as long as configured, and readiness tells of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../support/start.ts';
import { until } from '../support/until.ts';
import { startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, RESOURCE, startGuardedGateway, toReason } from './support/guarded-gateway.ts';

const READ = { resource: RESOURCE, scope: 'weather:read' };

function findIssuerCheck({ app }: Gateway, issuer: string) {
  const { ok, decides, detail } = app.checks().find(({ name }) => name === `issuer ${issuer}`) ?? {};
  return { ok, decides, detail };
}

const isReady = ({ app }: Gateway): boolean => app.checks().every(({ ok, decides }) => ok || !decides);

test('through an outage the last good keys verify old tokens and new ones, and afterwards all is well again', async (t) => {
  const server = await startAuthorizationServer(t);
  const identity = {
    issuers: [{ issuer: server.issuer }],
    keys: { refresh: '100ms', staleFor: '1h', cooldown: '100ms' },
  };
  const gateway = await startGuardedGateway(t, { identity });
  const used = await server.mint(READ);
  assert.equal((await callTool(gateway.port, used)).status, 200);
  const unused = await Promise.all(server.keys.map((key) => server.mint({ ...READ, key })));
  assert.deepEqual(findIssuerCheck(gateway, server.issuer), { ok: true, decides: false, detail: 'keys' });

  server.setDown(true);
  await until('the outage is noticed', () => findIssuerCheck(gateway, server.issuer).ok === false);
  assert.match(findIssuerCheck(gateway, server.issuer).detail ?? '', /last good keys/);
  assert.equal(isReady(gateway), true);
  for (const token of [used, ...unused]) assert.equal((await callTool(gateway.port, token)).status, 200);

  server.setDown(false);
  await until('it is noticed that it is over', () => findIssuerCheck(gateway, server.issuer).ok === true);
  assert.equal((await callTool(gateway.port, await server.mint(READ))).status, 200);
});

test('when the last good keys are too old no token counts, and the first fetch that works ends that', async (t) => {
  const server = await startAuthorizationServer(t);
  const identity = { issuers: [{ issuer: server.issuer }], keys: { refresh: '200ms', staleFor: '300ms' } };
  const gateway = await startGuardedGateway(t, { identity });
  const token = await server.mint(READ);
  assert.equal((await callTool(gateway.port, token)).status, 200);
  server.setDown(true);
  await until('the keys are too old', async () => (await callTool(gateway.port, token)).status !== 200);
  const refused = await callTool(gateway.port, token);
  assert.deepEqual([refused.status, toReason(refused)], [401, 'token_invalid']);
  assert.deepEqual(findIssuerCheck(gateway, server.issuer), { ok: false, decides: false, detail: 'no keys' });
  server.setDown(false);
  await until('the token counts again', async () => (await callTool(gateway.port, token)).status === 200);
});

test('an outage during a flood of calls costs the issuer a few requests and no call anything', async (t) => {
  const server = await startAuthorizationServer(t);
  const keys = { refresh: '50ms', staleFor: '1h', cooldown: '50ms' };
  const gateway = await startGuardedGateway(t, { identity: { issuers: [{ issuer: server.issuer }], keys } });
  const token = await server.mint(READ);
  server.setDown(true);
  await until('the outage is noticed', () => findIssuerCheck(gateway, server.issuer).ok === false);
  const before = server.hits.length;
  for (let i = 0; i < 200; i++) assert.equal((await callTool(gateway.port, token)).status, 200);
  assert.ok(server.hits.length - before < 100, `${server.hits.length - before} requests`);
});
