// One identity starts a thousand tasks and walks away from each: it never has more alive than its limit, and harms nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADA, BOB, isAdmitted, makeQuotaUnderTest, makeRequest, makeRule } from '../gateway/quota/quota-parts.ts';

const LIVE = 5;
const UPSTREAM = 'files';
const call = (principal = ADA) => makeRequest({ principal, declares: true });

test('a thousand calls that become tasks leave exactly the limit alive, whenever their clients leave', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: LIVE, longestLifeMs: 60_000 } })]);
  const alive = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const admitted = await under.admit(call());
    if (!isAdmitted(admitted)) {
      assert.equal(admitted.kind, 'too_many_tasks');
    } else if (i % 3 === 0) {
      // Left before the upstream answered: there is no task, and no slot.
      under.quota.release(admitted);
    } else {
      under.quota.taskBegan(admitted, { upstream: UPSTREAM, id: `t${i}`, ttlMs: null, pollIntervalMs: 1000 });
      alive.add(`t${i}`);
      under.quota.release(admitted);
    }
    assert.ok(alive.size <= LIVE);
    const other = await under.admit(call(BOB));
    assert.ok(isAdmitted(other));
    under.quota.release(other);
  }
  assert.equal(alive.size, LIVE);
  const [first = '', second = ''] = alive;
  for (const id of [first, first, second, 'never', '']) under.quota.taskEnded(call(), { upstream: UPSTREAM, id });
  const room = await Promise.all([1, 2, 3].map(() => under.admit(call())));
  assert.equal(room.filter(isAdmitted).length, 2);
  for (const admitted of room) if (isAdmitted(admitted)) under.quota.release(admitted);
  under.pass(60_000);
  const all = await Promise.all(Array.from({ length: LIVE + 1 }, () => under.admit(call())));
  assert.equal(all.filter(isAdmitted).length, LIVE);
});

test('ending the tasks of others, or of one upstream in the name of another, frees nothing', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 1 } })]);
  for (const principal of [ADA, BOB]) {
    const admitted = await under.admit(call(principal));
    assert.ok(isAdmitted(admitted));
    under.quota.taskBegan(admitted, { upstream: UPSTREAM, id: 'same', ttlMs: null, pollIntervalMs: undefined });
    under.quota.release(admitted);
  }
  for (let i = 0; i < 10; i++) under.quota.taskEnded(call(BOB), { upstream: UPSTREAM, id: 'same' });
  assert.ok(isAdmitted(await under.admit(call(BOB))));
  assert.ok(!isAdmitted(await under.admit(call(ADA))));
  under.quota.taskEnded(call(ADA), { upstream: 'files\u0000', id: 'same' });
  under.quota.taskEnded(call(ADA), { upstream: '', id: 'filessame' });
  assert.ok(!isAdmitted(await under.admit(call(ADA))));
});

test('an upstream that hands one task id to many calls is counted as one task, and freed once', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 3 } })]);
  for (let i = 0; i < 100; i++) {
    const admitted = await under.admit(call());
    assert.ok(isAdmitted(admitted));
    under.quota.taskBegan(admitted, { upstream: UPSTREAM, id: 'only', ttlMs: null, pollIntervalMs: undefined });
    under.quota.release(admitted);
  }
  under.quota.taskEnded(call(), { upstream: UPSTREAM, id: 'only' });
  const room = await Promise.all(Array.from({ length: 5 }, () => under.admit(call())));
  assert.equal(room.filter(isAdmitted).length, 3);
});
