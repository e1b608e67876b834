// One identity starts tasks through several gateways and leaves each one; a gateway is killed meanwhile: the limit holds.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type FakeIssuer, startFakeIssuer } from '../../support/fake-issuer.ts';
import type { HeaderLines } from '../../support/mcp-request.ts';
import { writeAccess } from '../identity/support/guarded-gateway.ts';
import { startChildGateway, toConfig } from '../support/child-gateway.ts';
import { startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import { startRedis } from './support/start-redis.ts';
import { askTask, makeTaskServer, readTaskId, startTask } from './support/task-client.ts';

const LIVE = 5;
const EXTENSION = 'io.modelcontextprotocol/tasks';

test('a thousand tasks through three gateways on one Redis, one of them killed: never more than the limit alive', async (t) => {
  const redis = await startRedis(t);
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const server = makeTaskServer();
  const upstream = await startUpstream(t, server.behaviour);
  const config = toConfig([upstream.url], {
    publicUrl: 'https://mcp.example.com',
    allowedHosts: ['*'],
    identity: { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] },
    endpoints: {
      '/mcp': {
        upstream: 'fleet',
        access: [await writeAccess(t, [{ id: 'all', allow: { tools: ['*'] }, to: { everyone: true } }])],
      },
    },
    extensions: { [EXTENSION]: { to: { everyone: true } } },
    sealing: { keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] },
    quotas: {
      store: redis.url,
      storeTimeout: '2s',
      onStoreFailure: 'deny',
      rules: [{ id: 'tasks', per: 'principal', tasks: { live: LIVE } }],
    },
    telemetry: { log: { level: 'info' } },
  });
  const gateways = await Promise.all([1, 2, 3].map(() => startChildGateway(t, config)));
  const [greedy, other] = [await toToken(issuer, 'greedy'), await toToken(issuer, 'other')];
  const portOf = (i: number): number => (gateways[i % gateways.length] as (typeof gateways)[number]).port;

  let ids: string[] = [];
  const storm = async (from: number, count: number): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: count }, (_, i) => startTask(portOf(from + i), greedy)));
    for (const answer of answers) {
      if (answer.status === 200) ids.push(readTaskId(answer));
      else assert.equal(answer.status, 429);
    }
  };
  for (let i = 0; i < 500; i += 50) {
    await storm(i, 50);
    assert.equal(ids.length, LIVE);
    // Nobody else is harmed.
    const friendly = await startTask(portOf(i), other);
    assert.equal(friendly.status, 200);
    server.status = 'completed';
    assert.equal((await askTask(portOf(i + 1), 'tasks/get', readTaskId(friendly), other)).status, 200);
    server.status = 'working';
  }
  gateways[0]?.kill('SIGKILL');
  await gateways[0]?.exit();
  gateways[0] = await startChildGateway(t, config);
  for (let i = 0; i < 500; i += 50) await storm(i, 50);
  assert.equal(ids.length, LIVE);

  server.status = 'completed';
  for (const [i, id] of ids.entries()) assert.equal((await askTask(portOf(i), 'tasks/get', id, greedy)).status, 200);
  server.status = 'working';
  ids = [];
  await until('every slot is free', async () => {
    await storm(0, LIVE);
    return ids.length === LIVE;
  });
  await storm(0, 50);
  assert.equal(ids.length, LIVE);
});

async function toToken(issuer: FakeIssuer, sub: string): Promise<HeaderLines> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const token = await issuer.sign({ aud: 'https://mcp.example.com/mcp', sub, exp, scope: 'weather:read' });
  return [['Authorization', `Bearer ${token}`]];
}
