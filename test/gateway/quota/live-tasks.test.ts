// How many tasks are alive by rule, as the store in memory tells it: always what was begun and has not ended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Admitted } from '../../../gateway/exchange.ts';
import { MemoryStore } from '../../../gateway/quota/memory-store.ts';
import { ADA, BOB, isAdmitted, makeQuotaUnderTest, makeRequest, makeRule } from './quota-parts.ts';

const RULES = [
  makeRule('each', { tasks: { live: 3 } }),
  makeRule('all', { per: { by: 'endpoint' }, tasks: { live: 100, longestLifeMs: 60_000 } }),
  makeRule('starts', { tasks: { start: { count: 1000, periodMs: 1000 } } }),
];

function start() {
  let nowUs = 0;
  const store = new MemoryStore({ maxKeys: 1000 }, { nowUs: () => nowUs, seed: 1 });
  store.watchLiveTasks(['each', 'all']);
  const under = makeQuotaUnderTest(RULES, { store });
  let count = 0;
  return {
    store,
    pass: (ms: number) => void (nowUs += ms * 1000),
    count: () => Object.fromEntries(store.liveTasks().map(({ rule, live }) => [rule, live])),
    /** @returns the id, or undefined when it was refused */
    begin: async (principal = ADA, ttlMs: number | null = null): Promise<string | undefined> => {
      const admitted = await under.admit(makeRequest({ principal, declares: true }));
      if (!isAdmitted(admitted)) return undefined;
      const id = `task-${count++}`;
      under.quota.taskBegan(admitted, { upstream: 'files', id, ttlMs, pollIntervalMs: undefined });
      under.quota.release(admitted);
      return id;
    },
    end: (id: string, principal = ADA) => under.quota.taskEnded(makeRequest({ principal }), { upstream: 'files', id }),
    admit: async () => (await under.admit(makeRequest({ declares: true }))) as Admitted,
    release: (admitted: Admitted) => under.quota.release(admitted),
  };
}

test('a task counts from its beginning to its end, once, for every rule that holds a slot', async () => {
  const { begin, end, count } = start();
  assert.deepEqual(count(), { each: 0, all: 0 });
  const id = (await begin()) as string;
  await begin(BOB);
  assert.deepEqual(count(), { each: 2, all: 2 });
  end(id, BOB);
  assert.deepEqual(count(), { each: 2, all: 2 });
  end(id);
  end(id);
  assert.deepEqual(count(), { each: 1, all: 1 });
});

test('a call that may become a task is none yet', async () => {
  const { admit, release, count } = start();
  const admitted = await admit();
  assert.deepEqual(count(), { each: 0, all: 0 });
  release(admitted);
  assert.deepEqual(count(), { each: 0, all: 0 });
});

test('a task whose time is over does not count, also when nobody has called since', async () => {
  const { begin, pass, count } = start();
  await begin(ADA, 1000);
  await begin();
  pass(1001);
  assert.deepEqual(count(), { each: 1, all: 1 });
  pass(60_000);
  assert.deepEqual(count(), { each: 1, all: 0 });
});

test('rules that are not watched any more are not told', async () => {
  const { store, begin, count } = start();
  await begin();
  store.watchLiveTasks(['all']);
  assert.deepEqual(count(), { all: 1 });
});

test('whatever begins, ends and expires, the number is that of the tasks alive', async () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('begin' as const), ttlMs: fc.option(fc.integer({ min: 1, max: 50 })) }),
    fc.record({ what: fc.constant('end' as const), at: fc.nat() }),
    fc.record({ what: fc.constant('pass' as const), ms: fc.nat(30) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { begin, end, pass, count } = start();
      let nowMs = 0;
      const alive = new Map<string, number>();
      for (const each of steps) {
        if (each.what === 'pass') {
          nowMs += each.ms;
          pass(each.ms);
        } else if (each.what === 'begin') {
          const id = await begin(ADA, each.ttlMs);
          if (id !== undefined) alive.set(id, nowMs + (each.ttlMs ?? 1e9));
        } else {
          const id = [...alive.keys()][each.at % Math.max(1, alive.size)];
          if (id !== undefined) {
            end(id);
            alive.delete(id);
          }
        }
        for (const [id, endsMs] of alive) if (endsMs <= nowMs) alive.delete(id);
        assert.equal(count()['each'], alive.size);
      }
    }),
    { numRuns: 60 },
  );
});
