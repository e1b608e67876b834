// A Redis that stands still, dies, restarts, forgets or refuses: each rule says what happens, and it is over by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admitted } from '../../../gateway/exchange.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { ADA, BOB, countAdmitted, isAdmitted, makeRequest, makeRule } from '../../gateway/quota/quota-parts.ts';
import { until } from '../support/until.ts';
import { makeRedisQuota, type RedisQuota } from './support/redis-quota.ts';
import { startRedis } from './support/start-redis.ts';

const MANY = { count: 1000, periodMs: 3_600_000 };
const DENYING = [makeRule('calls', { rate: MANY, concurrent: 500, onStoreFailure: 'deny' })];
const ALLOWING = [makeRule('calls', { rate: MANY, concurrent: 500, onStoreFailure: 'allow' })];

const kinds = ({ events }: RedisQuota): readonly string[] => events.map(({ kind }) => kind);

async function isServing(under: RedisQuota): Promise<boolean> {
  const admitted = await under.admit(makeRequest());
  if (isAdmitted(admitted)) under.quota.release(admitted);
  return isAdmitted(admitted);
}

test('a store that stands still costs each request its timeout at most, then nothing, and is back by itself', async (t) => {
  const redis = await startRedis(t);
  const denying = await makeRedisQuota(t, { mode: 'single', url: redis.url, timeoutMs: 50 }, DENYING);
  const allowing = await makeRedisQuota(t, { mode: 'single', url: redis.url, timeoutMs: 50 }, ALLOWING);
  assert.ok((await isServing(denying)) && (await isServing(allowing)));
  redis.freeze();
  const begun = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => denying.admit(makeRequest())));
  assert.ok(performance.now() - begun < 1000);
  for (const refused of outcomes) {
    assert.ok(refused instanceof Refusal);
    assert.equal(refused.kind, 'quota_unavailable');
    assert.deepEqual(refused.detail, { reason: 'store', quotaRule: 'calls', retryAfterS: 1 });
  }
  assert.equal(await countAdmitted(allowing, makeRequest(), 20), 20);
  assert.deepEqual(kinds(denying), ['store_failed', 'store_open']);
  assert.deepEqual(denying.events[1], { kind: 'store_open', reason: 'timeout' });
  // Given up: nothing is sent, nothing is waited for.
  const given = performance.now();
  assert.equal(await countAdmitted(allowing, makeRequest(), 2000), 2000);
  assert.ok(performance.now() - given < 1000);
  assert.ok(allowing.told.includes('calls store_allowed') && denying.told.includes('calls store_denied'));
  redis.thaw();
  await until(
    'both serve again',
    async () => (await isServing(denying)) && kinds(allowing).includes('store_recovered'),
  );
  assert.deepEqual(kinds(denying), ['store_failed', 'store_open', 'store_recovered']);
  // What the server took from late requests was given back.
  await until(
    'no lease is left',
    async () => !(await redis.ask('KEYS', '*')).includes('zset') && (await countHeld(redis)) === 0,
  );
});

test('a store that dies and restarts mid-load refuses or allows as each rule says, and then counts again', async (t) => {
  const redis = await startRedis(t);
  const denying = await makeRedisQuota(t, { mode: 'single', url: redis.url, timeoutMs: 50 }, DENYING);
  const allowing = await makeRedisQuota(t, { mode: 'single', url: redis.url, timeoutMs: 50 }, ALLOWING);
  const held = (await denying.admit(makeRequest())) as Admitted;
  const load = Promise.all(
    Array.from({ length: 50 }, async () => [await denying.admit(makeRequest()), await allowing.admit(makeRequest())]),
  );
  await redis.kill();
  for (const [denied, allowed] of await load) {
    assert.ok(allowed !== undefined && isAdmitted(allowed));
    if (denied instanceof Refusal) assert.equal(denied.kind, 'quota_unavailable');
  }
  await until('it is given up', async () => !(await isServing(denying)) && kinds(denying).includes('store_open'));
  denying.quota.release(held);
  await redis.restart();
  await until('it serves again', () => isServing(denying));
  assert.equal(kinds(denying).at(-1), 'store_recovered');
});

test('a server that forgets its keys and its scripts mid-load fails nobody', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, DENYING, 1200);
  const held = (await under.admit(makeRequest({ principal: BOB }))) as Admitted;
  for (const command of [['SCRIPT', 'FLUSH'], ['FLUSHALL'], ['SCRIPT', 'FLUSH']]) {
    const load = Promise.all(Array.from({ length: 50 }, () => under.admit(makeRequest({ principal: ADA }))));
    await redis.ask(...command);
    for (const outcome of await load) {
      assert.ok(isAdmitted(outcome));
      under.quota.release(outcome);
    }
  }
  assert.deepEqual(under.events, []);
  // An open lease is written again when it is renewed.
  await until('the open lease is back', async () => (await countHeld(redis)) === 1);
  under.quota.release(held);
  await until('and gone', async () => (await countHeld(redis)) === 0);
});

test('a server that has no memory left, or became a replica, counts as down and not as a yes', async (t) => {
  const redis = await startRedis(t);
  const rules = [makeRule('calls', { rate: MANY })];
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, rules);
  assert.ok(await isServing(under));
  for (const [breaks, heals] of [
    [
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['CONFIG', 'SET', 'maxmemory', '0'],
    ],
    [
      ['REPLICAOF', '127.0.0.1', '1'],
      ['REPLICAOF', 'NO', 'ONE'],
    ],
  ] as const) {
    await redis.ask(...breaks);
    const refused = (await under.admit(makeRequest())) as Refusal;
    assert.equal(refused.kind, 'quota_unavailable');
    assert.deepEqual(under.events.at(-1), { kind: 'store_failed', reason: 'reply' });
    await redis.ask(...heals);
    await until('it serves again', () => isServing(under));
  }
});

test('a key of another type is a failure of the store, told in fixed words', async (t) => {
  const redis = await startRedis(t);
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, DENYING);
  await under.admit(makeRequest());
  const key = (await redis.ask('KEYS', 'test:*')).split('\r\n').find((line) => line.startsWith('test:')) ?? '';
  await redis.ask('DEL', key);
  await redis.ask('LPUSH', key, 'x');
  const refused = (await under.admit(makeRequest())) as Refusal;
  assert.equal(refused.kind, 'quota_unavailable');
  assert.deepEqual(under.events, [{ kind: 'store_failed', reason: 'reply' }]);
  assert.doesNotMatch(JSON.stringify(refused.detail), /WRONGTYPE|test:/);
});

test('a task that begins while the store stands still gets its slot when it is back', async (t) => {
  const redis = await startRedis(t);
  const rules = [makeRule('tasks', { tasks: { live: 1 } })];
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url, timeoutMs: 50 }, rules, 1200);
  const call = makeRequest({ declares: true });
  const admitted = (await under.admit(call)) as Admitted;
  redis.freeze();
  under.quota.taskBegan(admitted, { upstream: 'files', id: 'a', ttlMs: null, pollIntervalMs: undefined });
  under.quota.release(admitted);
  await until('the failure is seen', () => under.events.length > 0);
  redis.thaw();
  await until('the task has its record and is told', async () => (await redis.ask('KEYS', '*')).startsWith('*3'));
  assert.equal(((await under.admit(call)) as Refusal).kind, 'too_many_tasks');
  under.quota.taskEnded(call, { upstream: 'files', id: 'a' });
  await until('the slot is free', async () => isAdmitted(await under.admit(call)));
});

/** How many leases stand in the store. */
async function countHeld(redis: { ask(...words: readonly string[]): Promise<string> }): Promise<number> {
  const keys = (await redis.ask('KEYS', 'test:*')).split('\r\n').filter((line) => line.startsWith('test:'));
  let count = 0;
  for (const key of keys) {
    if ((await redis.ask('TYPE', key)) === '+zset') count += Number((await redis.ask('ZCARD', key)).slice(1));
  }
  return count;
}
