// Quotas on a real Redis: the same rules as in memory, one round trip, and nothing left behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admitted } from '../../../gateway/exchange.ts';
import type { Refusal } from '../../../gateway/refusal.ts';
import { ADA, BOB, countAdmitted, isAdmitted, makeRequest, makeRule } from '../../gateway/quota/quota-parts.ts';
import { until } from '../support/until.ts';
import { makeRedisQuota, openStore } from './support/redis-quota.ts';
import { startRedis } from './support/start-redis.ts';

const CALL = makeRequest({ declares: true });
const HOUR = 3_600_000;

test('rates, widths and tasks on Redis: all or nothing, each in one round trip', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, [
    makeRule('wide', { rate: { count: 10, periodMs: HOUR } }),
    makeRule('narrow', { rate: { count: 3, periodMs: HOUR }, match: { names: ['dear'] } }),
    makeRule('width', { concurrent: 12 }),
    makeRule('endpoint', { per: { by: 'endpoint' }, rate: { count: 1000, periodMs: HOUR } }),
    makeRule('address', { per: { by: 'address' }, rate: { count: 1000, periodMs: HOUR } }),
  ]);
  await under.admit(makeRequest({ principal: BOB }));
  const before = await readCalls(redis);
  assert.equal(await countAdmitted(under, makeRequest({ name: 'dear' }), 8), 3);
  assert.equal(await countAdmitted(under, makeRequest({ name: 'cheap' }), 20), 7);
  const after = await readCalls(redis);
  assert.equal(after.evalsha - before.evalsha, 28);
  assert.equal(after.others - before.others, 0);
  const refused = (await under.admit(makeRequest({ name: 'dear' }))) as Refusal;
  assert.equal(refused.kind, 'rate_limited');
  assert.equal(refused.detail.quotaRule, 'narrow');
});

test('what is held at once comes back on release, and every key ends by itself', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, [
    makeRule('width', { concurrent: 2 }),
    makeRule('calls', { rate: { count: 1000, periodMs: HOUR } }),
    makeRule('tasks', { tasks: { live: 1 } }),
  ]);
  const [first, second] = [await under.admit(CALL), await under.admit(makeRequest())];
  assert.ok(isAdmitted(first) && isAdmitted(second));
  assert.equal(((await under.admit(makeRequest())) as Refusal).kind, 'too_many_concurrent');
  assert.equal(((await under.admit(CALL)) as Refusal).detail.reason, 'live');
  for (const key of await readKeys(redis)) {
    assert.match(key, /^test:\{\d+\}:[\w-]{22}$/);
    assert.ok(Number((await redis.ask('PTTL', key)).slice(1)) > 0, key);
  }
  for (let i = 0; i < 3; i++) under.quota.release(first);
  const third = await under.admit(CALL);
  assert.ok(isAdmitted(third));
  assert.ok(!isAdmitted(await under.admit(makeRequest())));
  under.quota.release(second);
  under.quota.release(third);
  await until('no lease is left', async () => (await readKeys(redis)).length === 1);
});

test('tasks keep their slot until their end or their time, and are polled no faster than they want', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, [
    makeRule('tasks', { tasks: { live: 2 } }),
  ]);
  const begin = async (id: string, ttlMs: number | null): Promise<void> => {
    const admitted = (await under.admit(CALL)) as Admitted;
    under.quota.taskBegan(admitted, { upstream: 'files', id, ttlMs, pollIntervalMs: 60_000 });
    under.quota.release(admitted);
  };
  await begin('a', null);
  await begin('b', 300);
  const refused = (await under.admit(CALL)) as Refusal;
  assert.equal(refused.kind, 'too_many_tasks');
  assert.deepEqual(refused.detail.data, { limit: 2, live: 2, retryAfterMs: 5000 });
  under.quota.taskEnded(makeRequest({ principal: BOB }), { upstream: 'files', id: 'a' });
  const poll = makeRequest({ method: 'tasks/get', task: { upstream: 'files', id: 'a' } });
  assert.ok(isAdmitted(await under.admit(poll)));
  const soon = (await under.admit(poll)) as Refusal;
  assert.equal(soon.kind, 'polled_too_soon');
  assert.ok((soon.detail.retryAfterS ?? 0) > 40);
  await until('the short task is over', async () => {
    const admitted = await under.admit(CALL);
    if (isAdmitted(admitted)) under.quota.release(admitted);
    return isAdmitted(admitted);
  });
  for (let i = 0; i < 3; i++) under.quota.taskEnded(makeRequest(), { upstream: 'files', id: 'a' });
  const free = async (): Promise<number> => {
    const held = [await under.admit(CALL), await under.admit(CALL), await under.admit(CALL)].filter(isAdmitted);
    for (const admitted of held) under.quota.release(admitted);
    return held.length;
  };
  await until('both slots are free', async () => (await free()) === 2);
  assert.equal(await free(), 2);
});

test('over the limit, a rule that says so lets the call go on without the extension', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, [
    makeRule('tasks', { tasks: { live: 1, overLimit: 'inline' } }),
    makeRule('width', { concurrent: 2 }),
  ]);
  const [first, second] = [await under.admit(CALL), await under.admit(CALL)];
  assert.ok(isAdmitted(first) && !under.quota.isInline(first));
  assert.ok(isAdmitted(second) && under.quota.isInline(second));
  assert.equal(((await under.admit(CALL)) as Refusal).kind, 'too_many_concurrent');
  under.quota.release(second);
  under.quota.release(first);
  const third = await under.admit(CALL);
  assert.ok(isAdmitted(third) && !under.quota.isInline(third));
});

test('three stores on one Redis admit exactly the limit of two hundred calls at once', async (t) => {
  const redis = await startRedis(t);
  const rules = [
    makeRule('calls', { rate: { count: 37, periodMs: HOUR } }),
    makeRule('width', { concurrent: 150 }),
    makeRule('tasks', { tasks: { live: 100 } }),
  ];
  const three = await Promise.all([1, 2, 3].map(() => makeRedisQuota(t, { mode: 'single', url: redis.url }, rules)));
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) => (three[i % 3] as (typeof three)[number]).admit(CALL)),
  );
  assert.equal(outcomes.filter(isAdmitted).length, 37);
});

test('something is used once, by whichever process comes first', async (t) => {
  const redis = await startRedis(t);
  const stores = await Promise.all([1, 2, 3].map(() => openStore(t, { mode: 'single', url: redis.url })));
  const claims = await Promise.all(
    stores.flatMap(({ store }) => [store.claimOnce('x', 60_000), store.claimOnce('x', 60_000)]),
  );
  assert.equal(claims.filter(Boolean).length, 1);
  assert.equal(await stores[0]?.store.claimOnce('y', 1), true);
  await until('its time is over', async () => (await stores[1]?.store.claimOnce('y', 1)) === true);
});

test('a password, a database number and an ACL user are told to the server', async (t) => {
  const redis = await startRedis(t, ['user default off', 'user gate on >secret ~* &* +@all']);
  const url = `redis://gate:secret@127.0.0.1:${redis.port}/3`;
  const under = await makeRedisQuota(t, { mode: 'single', url }, [
    makeRule('one', { rate: { count: 1, periodMs: HOUR } }),
  ]);
  assert.equal(await countAdmitted(under, makeRequest({ principal: ADA }), 3), 1);
});

async function readKeys(redis: { ask(...words: readonly string[]): Promise<string> }): Promise<readonly string[]> {
  return (await redis.ask('KEYS', '*')).split('\r\n').filter((line) => line.startsWith('test:'));
}

async function readCalls(redis: { ask(...words: readonly string[]): Promise<string> }) {
  const stats = await redis.ask('INFO', 'commandstats');
  const count = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return {
    evalsha: count('evalsha'),
    others: count('eval') + count('script\\|exists') + count('script\\|load') + count('zrem'),
  };
}
