// The store in memory is bounded: nobody gets a fresh start by pushing others, or themselves, out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Admitted } from '../../../gateway/exchange.ts';
import { MemoryStore } from '../../../gateway/quota/memory-store.ts';
import { countAdmitted, isAdmitted, makeCaller, makeQuotaUnderTest, makeRequest, makeRule } from './quota-parts.ts';

const CALLERS = Array.from({ length: 12 }, (_, i) => makeCaller(`caller${i}`));
const from = (i: number) => makeRequest({ principal: CALLERS[i % CALLERS.length] as (typeof CALLERS)[number] });

test('however many callers come and go, nobody is ever admitted more than the burst and what time brings', async () => {
  const steps = fc.array(fc.record({ caller: fc.nat(11), passMs: fc.integer({ min: 0, max: 400 }) }), {
    maxLength: 300,
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 14 }), steps, async (maxKeys, steps) => {
      const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 2, periodMs: 1000 }, burst: 3 })], {
        maxKeys,
      });
      const admitted = CALLERS.map(() => 0);
      let elapsedMs = 0;
      for (const { caller, passMs } of steps) {
        under.pass(passMs);
        elapsedMs += passMs;
        if (!isAdmitted(await under.admit(from(caller)))) continue;
        admitted[caller] = (admitted[caller] as number) + 1;
        assert.ok(admitted[caller] <= 3 + elapsedMs / 500);
      }
    }),
    { numRuns: 60 },
  );
});

test('however many callers come and go, nobody ever holds more at once than the limit', async () => {
  const steps = fc.array(fc.record({ caller: fc.nat(11), releases: fc.boolean() }), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 14 }), steps, async (maxKeys, steps) => {
      const under = makeQuotaUnderTest([makeRule('width', { concurrent: 2 })], { maxKeys });
      const held: Admitted[][] = CALLERS.map(() => []);
      for (const { caller, releases } of steps) {
        const own = held[caller] as Admitted[];
        if (releases) {
          const admitted = own.pop();
          if (admitted !== undefined) under.quota.release(admitted);
          continue;
        }
        const outcome = await under.admit(from(caller));
        if (isAdmitted(outcome)) own.push(outcome);
        assert.ok(own.length <= 2);
      }
      for (const own of held) for (const admitted of own) under.quota.release(admitted);
      for (let i = 0; i < CALLERS.length; i++) {
        const again = [await under.admit(from(i)), await under.admit(from(i))];
        assert.ok(again.every(isAdmitted));
        for (const admitted of again) if (isAdmitted(admitted)) under.quota.release(admitted);
      }
    }),
    { numRuns: 60 },
  );
});

test('with room for everybody, each has exactly their own share', async () => {
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 2, periodMs: 3_600_000 } })], { maxKeys: 12 });
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 12; i++) assert.equal(await countAdmitted(under, from(i), 3), round === 0 ? 2 : 0);
  }
});

test('a full table serves those it knows, and lets strangers share one counter until there is room', async () => {
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 5, periodMs: 1000 } })], { maxKeys: 3 });
  for (let i = 0; i < 3; i++) assert.equal(await countAdmitted(under, from(i), 1), 1);
  assert.equal(await countAdmitted(under, from(5), 3), 3);
  assert.equal(await countAdmitted(under, from(6), 3), 2);
  assert.equal(await countAdmitted(under, from(0), 9), 4);
  under.pass(2000);
  for (let i = 7; i < 10; i++) assert.equal(await countAdmitted(under, from(i), 9), 5);
});

test('callers by the hundred thousand do not outgrow the bound', async () => {
  const store = new MemoryStore({ maxKeys: 10_000 }, { nowUs: () => 0, seed: 1 });
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 1, periodMs: 1000 } })], { store });
  let admitted = 0;
  for (let i = 0; i < 100_000; i++) {
    if (isAdmitted(await under.admit(makeRequest({ principal: makeCaller(`c${i}`) })))) admitted++;
  }
  assert.equal(store.size, 10_000);
  assert.equal(admitted, 10_001);
});

test('a clock that goes back stands still', async () => {
  let nowUs = 1_000_000_000;
  const store = new MemoryStore({ maxKeys: 10 }, { nowUs: () => nowUs, seed: 1 });
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 2, periodMs: 1000 } })], { store });
  assert.equal(await countAdmitted(under, from(0), 3), 2);
  for (const back of [900_000_000, 0, -5]) {
    nowUs = back;
    assert.equal(await countAdmitted(under, from(0), 3), 0);
  }
  nowUs = 1_000_500_000;
  assert.equal(await countAdmitted(under, from(0), 3), 1);
});

test('something is used once until its time is over, and not at all when there is no room to remember it', () => {
  let nowUs = 0;
  const store = new MemoryStore({ maxKeys: 3 }, { nowUs: () => nowUs, seed: 1 });
  assert.deepEqual([store.claimOnce('a', 1000), store.claimOnce('a', 1000)], [true, false]);
  nowUs = 900_000;
  assert.deepEqual(
    [store.claimOnce('a', 1000), store.claimOnce('b', 1000), store.claimOnce('c', 1000)],
    [false, true, true],
  );
  assert.equal(store.claimOnce('d', 1000), false);
  nowUs = 1_500_000;
  assert.deepEqual([store.claimOnce('b', 1000), store.claimOnce('c', 1000)], [false, false]);
  nowUs = 4_000_000;
  assert.deepEqual([store.claimOnce('b', 1000), store.claimOnce('d', 1000)], [true, true]);
});
