// A gateway whose issuer gives no keys at its start waits for them or fails, as configured, and says which.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startUpstream } from '../support/start.ts';
import { until, within } from '../support/until.ts';
import { type AuthorizationServer, startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, RESOURCE, toGuardedConfig } from './support/guarded-gateway.ts';
import { type Process, startProcess } from './support/serve-process.ts';

const START_MS = 5_000;

async function startWith(t: TestContext, server: AuthorizationServer, atStart: string): Promise<Process> {
  const { url } = await startUpstream(t);
  const identity = { issuers: [{ issuer: server.issuer }], keys: { refresh: '100ms', atStart } };
  const config = await toGuardedConfig(t, { identity });
  return startProcess(t, { ...config, upstreams: { fleet: { instances: [url] } } });
}

test('with atStart wait it listens as soon as the issuer answers, and not before', async (t) => {
  const server = await startAuthorizationServer(t);
  server.setDown(true);
  const gateway = await startWith(t, server, 'wait');
  await until('the issuer was asked several times', () => server.hits.length >= 6);
  assert.equal(gateway.findPort('listening'), undefined);
  assert.equal(gateway.exitCode(), null);
  server.setDown(false);
  const port = await gateway.waitForPort('listening');
  assert.equal((await callTool(port, await server.mint({ resource: RESOURCE, scope: 'weather:read' }))).status, 200);
});

test('while it waits, it is alive and not ready, and names the issuer', async (t) => {
  const server = await startAuthorizationServer(t);
  server.setDown(true);
  const gateway = await startWith(t, server, 'wait');
  const admin = `http://127.0.0.1:${await gateway.waitForPort('admin listening')}`;
  assert.equal((await fetch(`${admin}/livez`)).status, 200);
  const waiting = await fetch(`${admin}/readyz?verbose`);
  assert.equal(waiting.status, 503);
  assert.match(await waiting.text(), new RegExp(`^\\[!\\] issuer ${server.issuer}: no keys$`, 'm'));
  server.setDown(false);
  await gateway.waitForPort('listening');
  assert.equal((await fetch(`${admin}/readyz`)).status, 200);
});

test('while it waits, the log says why there are no keys', async (t) => {
  const server = await startAuthorizationServer(t);
  server.hide('/jwks');
  const gateway = await startWith(t, server, 'wait');
  await until('the issuer was asked for its keys', () => server.hits.includes('/jwks'));
  await until('the failure is logged', () => gateway.output().includes('keys_failed'));
  assert.match(gateway.output(), /it answered 404/);
});

test('while it waits, SIGTERM ends it', async (t) => {
  const server = await startAuthorizationServer(t);
  server.setDown(true);
  const gateway = await startWith(t, server, 'wait');
  await until('the issuer was asked', () => server.hits.length > 0);
  gateway.kill('SIGTERM');
  await within(START_MS, 'the process to end', gateway.exited);
});

test('with atStart fail it ends with 1 and names the issuer', async (t) => {
  const server = await startAuthorizationServer(t);
  server.setDown(true);
  const gateway = await startWith(t, server, 'fail');
  await within(START_MS, 'the process to end', gateway.exited);
  assert.equal(gateway.exitCode(), 1);
  assert.ok(gateway.output().includes(`no keys could be fetched of ${server.issuer}`), gateway.output());
});

test('with atStart fail it starts when the issuer answers', async (t) => {
  const server = await startAuthorizationServer(t);
  const gateway = await startWith(t, server, 'fail');
  const port = await gateway.waitForPort('listening');
  assert.equal((await callTool(port, await server.mint({ resource: RESOURCE, scope: 'weather:read' }))).status, 200);
});
