// How many retries there may be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeRetryBudget } from '../../../gateway/upstream/retry-budget.ts';

const BURST = 10;

interface Totals {
  deposits: number;
  retries: number;
}

/** Steps: wait so many milliseconds (negative: the clock is set back), then so many requests and attempts to retry. */
const steps = (minWaitMs: number) =>
  fc.array(
    fc.record({ waitMs: fc.integer({ min: minWaitMs, max: 4_000 }), deposits: fc.nat(60), withdrawals: fc.nat(60) }),
    { maxLength: 60 },
  );

function run(
  list: readonly { waitMs: number; deposits: number; withdrawals: number }[],
  check: (totals: Totals, latestMs: number) => void,
): void {
  let time = 50_000;
  let latest = time;
  const budget = makeRetryBudget(() => time);
  const totals: Totals = { deposits: 0, retries: 0 };
  for (const step of list) {
    time = Math.max(0, time + step.waitMs);
    latest = Math.max(latest, time);
    for (let count = 0; count < step.deposits; count += 1) budget.deposit();
    totals.deposits += step.deposits;
    for (let count = 0; count < step.withdrawals; count += 1) if (budget.withdraw()) totals.retries += 1;
    check(totals, latest - 50_000);
  }
}

test('retries never exceed a fifth of the requests, ten a second and ten at once', () => {
  fc.assert(
    fc.property(steps(0), (list) => {
      run(list, ({ deposits, retries }, elapsedMs) => {
        assert(retries <= deposits / 5 + (elapsedMs / 1_000) * 10 + BURST + 1e-6);
      });
    }),
    { numRuns: 500 },
  );
});

test('a clock that runs backwards never gives more than one that stood still', () => {
  fc.assert(
    fc.property(steps(-4_000), (list) => {
      run(list, ({ deposits, retries }, furthestMs) => {
        assert(retries <= deposits / 5 + (furthestMs / 1_000) * 10 + BURST + 1e-6);
      });
    }),
    { numRuns: 500 },
  );
});

test('in any stretch of time, only requests of that stretch and the ten seconds before it pay for retries', () => {
  let time = 0;
  const budget = makeRetryBudget(() => time);
  for (let count = 0; count < 1_000; count += 1) budget.deposit();
  time = 11_000;
  let retries = 0;
  while (budget.withdraw()) retries += 1;
  assert.equal(retries, BURST);
});

test('a hundred requests pay for twenty retries, on top of the ten that are always there', () => {
  const budget = makeRetryBudget(() => 5_000);
  for (let count = 0; count < 100; count += 1) budget.deposit();
  let retries = 0;
  while (budget.withdraw()) retries += 1;
  assert.equal(retries, 30);
});

test('an upstream with little traffic may still retry ten times a second', () => {
  let time = 0;
  const budget = makeRetryBudget(() => time);
  while (budget.withdraw());
  time = 100;
  assert.deepEqual([budget.withdraw(), budget.withdraw()], [true, false]);
  time = 3_600_000;
  let retries = 0;
  while (budget.withdraw()) retries += 1;
  assert.equal(retries, BURST, 'an hour saves up no more than a second');
});
