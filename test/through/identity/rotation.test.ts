// An issuer changes its keys while calls go on, and no honest call fails.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Gateway } from '../support/start.ts';
import { until } from '../support/until.ts';
import { type AuthorizationServer, makeSigningKey, startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, RESOURCE, startGuardedGateway } from './support/guarded-gateway.ts';

const READ = { resource: RESOURCE, scope: 'weather:read' };
const CALLERS = 8;

interface Load {
  /** Calls answered so far. */
  readonly answered: () => number;
  /** Resolves once every caller has got this many more answers. */
  goOn(calls: number): Promise<void>;
  /** Ends the load; @returns statuses other than 200 */
  stop(): Promise<readonly number[]>;
}

/** Callers that each get a token, use it a few times, and get the next one. */
function startLoad(server: AuthorizationServer, gateway: Gateway): Load {
  let answered = 0;
  let isOver = false;
  const failures: number[] = [];
  const run = async (): Promise<void> => {
    while (!isOver) {
      const token = await server.mint(READ);
      for (let i = 0; i < 5; i++) {
        const { status } = await callTool(gateway.port, token);
        if (status !== 200) failures.push(status);
        answered++;
      }
    }
  };
  const callers = Array.from({ length: CALLERS }, run);
  return {
    answered: () => answered,
    async goOn(calls) {
      const enough = answered + calls * CALLERS;
      await until('the load has gone on', () => answered >= enough);
    },
    async stop() {
      isOver = true;
      await Promise.all(callers);
      return failures;
    },
  };
}

async function start(t: TestContext, keys: object): Promise<[AuthorizationServer, Gateway]> {
  const server = await startAuthorizationServer(t);
  const identity = { issuers: [{ issuer: server.issuer }], keys };
  return [server, await startGuardedGateway(t, { identity })];
}

const countFetches = ({ hits }: AuthorizationServer): number => hits.filter((path) => path === '/jwks').length;

test('an issuer that signs with a new key at once loses no call under load, and is asked once for its keys', async (t) => {
  const [server, gateway] = await start(t, { refresh: '1h', cooldown: '1h' });
  const [old] = server.keys;
  const load = startLoad(server, gateway);
  await load.goOn(10);
  assert.equal(countFetches(server), 1);
  server.rotate(await makeSigningKey('ES256'), old);
  await load.goOn(20);
  assert.deepEqual(await load.stop(), []);
  assert.equal(countFetches(server), 2);
});

test('an issuer that publishes keys ahead can rotate them again and again under load, without a failed call', async (t) => {
  const [server, gateway] = await start(t, { refresh: '50ms', cooldown: '1h' });
  let current = server.keys[0];
  const refreshed = async (): Promise<void> => {
    // The second fetch from now on surely began after now.
    const before = countFetches(server);
    await until('the keys are fetched again', () => countFetches(server) > before + 1);
  };
  const load = startLoad(server, gateway);
  for (const alg of ['ES256', 'EdDSA', 'RS256', 'ES256']) {
    const next = await makeSigningKey(alg);
    server.rotate(current, next);
    await refreshed();
    server.rotate(next, current);
    // Every caller is done with tokens of the old key.
    await load.goOn(15);
    server.rotate(next);
    await refreshed();
    current = next;
  }
  await load.goOn(5);
  assert.deepEqual(await load.stop(), []);
  assert.ok(load.answered() > 400, `${load.answered()} calls`);
});

test('a key that its issuer took back counts for nothing after the next refresh, also for tokens that were remembered', async (t) => {
  const [server, gateway] = await start(t, { refresh: '100ms' });
  const [old, next] = server.keys;
  const token = await server.mint({ ...READ, key: old });
  assert.equal((await callTool(gateway.port, token)).status, 200);
  server.rotate(next);
  await until('the token is refused', async () => (await callTool(gateway.port, token)).status === 401, 2_000);
  assert.equal((await callTool(gateway.port, await server.mint(READ))).status, 200);
});
