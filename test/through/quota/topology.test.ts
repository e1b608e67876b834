// Quotas on a cluster, behind sentinels and over TLS: the same admissions, through a failover too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADA,
  BOB,
  countAdmitted,
  isAdmitted,
  makeCaller,
  makeRequest,
  makeRule,
} from '../../gateway/quota/quota-parts.ts';
import { makeTlsFiles } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { makeRedisQuota } from './support/redis-quota.ts';
import { findFreePort, startRedis } from './support/start-redis.ts';

const HOUR = 3_600_000;
const CALL = makeRequest({ declares: true });

test('on a cluster of three the counters of one request stand in one slot, and callers are spread', async (t) => {
  const servers = await Promise.all([1, 2, 3].map(() => startRedis(t, ['cluster-enabled yes'])));
  const ranges = [
    ['0', '5460'],
    ['5461', '10922'],
    ['10923', '16383'],
  ] as const;
  for (const [i, server] of servers.entries()) {
    assert.equal(await server.ask('CLUSTER', 'ADDSLOTSRANGE', ...(ranges[i] as (typeof ranges)[number])), '+OK');
    await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(servers[0]?.port));
  }
  for (const server of servers) {
    await until(
      'the cluster stands',
      async () => {
        const info = await server.ask('CLUSTER', 'INFO');
        return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
      },
      15_000,
    );
  }
  const nodes = [{ host: '127.0.0.1', port: servers[0]?.port ?? 0 }];
  const spread = await makeRedisQuota(t, { mode: 'cluster', nodes, prefix: 'spread:' }, [
    makeRule('calls', { rate: { count: 5, periodMs: HOUR } }),
    makeRule('width', { concurrent: 100 }),
    makeRule('tasks', { tasks: { live: 100, start: { count: 100, periodMs: HOUR } } }),
  ]);
  for (let i = 0; i < 60; i++) {
    const request = makeRequest({ principal: makeCaller(`caller${i}`), declares: true });
    const admitted = await spread.admit(request);
    assert.ok(isAdmitted(admitted));
    spread.quota.taskBegan(admitted, { upstream: 'files', id: 'a', ttlMs: null, pollIntervalMs: 1000 });
    spread.quota.release(admitted);
    spread.quota.taskEnded(request, { upstream: 'files', id: 'a' });
    assert.equal(await countAdmitted(spread, request, 6), 4);
  }
  for (const server of servers) assert.notEqual(await server.ask('DBSIZE'), ':0');
  const mixed = await makeRedisQuota(t, { mode: 'cluster', nodes, prefix: 'mixed:' }, [
    makeRule('own', { rate: { count: 5, periodMs: HOUR } }),
    makeRule('all', { per: { by: 'endpoint' }, rate: { count: 8, periodMs: HOUR } }),
    makeRule('from', { per: { by: 'address' }, rate: { count: 7, periodMs: HOUR } }),
  ]);
  assert.equal(await countAdmitted(mixed, makeRequest({ principal: ADA }), 6), 5);
  assert.equal(await countAdmitted(mixed, makeRequest({ principal: BOB }), 6), 2);
  assert.equal(await countAdmitted(mixed, makeRequest({ principal: BOB, address: '192.0.2.9' }), 6), 1);
  assert.equal(await mixed.store.claimOnce('x', 1000), true);
  assert.equal(await mixed.store.claimOnce('x', 1000), false);
  assert.deepEqual([...spread.events, ...mixed.events], []);
});

test('behind a sentinel the master is found, and the new one after a failover', async (t) => {
  const master = await startRedis(t);
  const replica = await startRedis(t, [`replicaof 127.0.0.1 ${master.port}`]);
  const sentinel = await startRedis(
    t,
    [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 2000',
    ],
    true,
  );
  const settings = {
    mode: 'sentinel',
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: 'main',
    db: 0,
  } as const;
  const under = await makeRedisQuota(t, settings, [makeRule('width', { concurrent: 1 })]);
  const serve = async (): Promise<boolean> => {
    const admitted = await under.admit(CALL);
    if (isAdmitted(admitted)) under.quota.release(admitted);
    return isAdmitted(admitted);
  };
  assert.ok(await serve());
  await until(
    'the sentinel knows the replica',
    async () => (await sentinel.ask('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)),
    20_000,
  );
  await until(
    'the replica follows',
    async () => (await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    20_000,
  );
  await master.kill();
  assert.ok(!(await serve()));
  await until('the replica has taken over', serve, 25_000);
  assert.ok((await replica.ask('INFO', 'replication')).includes('role:master'));
  assert.equal(under.events.at(-1)?.kind, 'store_recovered');
});

test('a node of a cluster that restarts serves its callers again', async (t) => {
  const server = await startRedis(t, ['cluster-enabled yes', 'cluster-announce-ip 127.0.0.1']);
  await server.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until('the cluster stands', async () => (await server.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  const nodes = [{ host: '127.0.0.1', port: server.port }];
  const under = await makeRedisQuota(t, { mode: 'cluster', nodes, timeoutMs: 100 }, [
    makeRule('width', { concurrent: 1 }),
  ]);
  const serve = async (): Promise<boolean> => {
    const admitted = await under.admit(CALL);
    if (isAdmitted(admitted)) under.quota.release(admitted);
    return isAdmitted(admitted);
  };
  assert.ok(await serve());
  await server.kill();
  await until('it is given up', async () => !(await serve()) && under.events.some(({ kind }) => kind === 'store_open'));
  await server.restart();
  await until('it serves again', serve, 15_000);
});

test('over TLS the server is verified against the given authority, and a client certificate is shown', async (t) => {
  const { authority, here, write } = await makeTlsFiles(t);
  const files = [await write(here.cert), await write(here.key), await write(authority.ca)] as const;
  const port = await findFreePort();
  await startRedis(t, [
    `tls-port ${port}`,
    `tls-cert-file ${files[0]}`,
    `tls-key-file ${files[1]}`,
    `tls-ca-cert-file ${files[2]}`,
  ]);
  const rules = [makeRule('calls', { rate: { count: 2, periodMs: HOUR } })];
  const url = `rediss://127.0.0.1:${port}`;
  const tls = { ca: authority.ca, cert: here.cert, key: here.key };
  const under = await makeRedisQuota(t, { mode: 'single', url, tls }, rules);
  assert.equal(await countAdmitted(under, makeRequest(), 4), 2);
  for (const wrong of [{ cert: here.cert, key: here.key }, { ca: authority.ca }]) {
    await assert.rejects(
      makeRedisQuota(t, { mode: 'single', url, tls: wrong }, rules, undefined, 1000),
      /no connection/,
    );
  }
});
