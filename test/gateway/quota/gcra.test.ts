// The arithmetic of rates holds for every schedule, whatever the clock does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toDebtUs, toRate, toWaitUs } from '../../../gateway/quota/gcra.ts';

const rates = fc.record({
  count: fc.integer({ min: 1, max: 5000 }),
  periodMs: fc.integer({ min: 1, max: 86_400_000 }),
  burst: fc.integer({ min: 1, max: 5000 }),
});

test('never more is admitted than the burst and what the elapsed time brings, on any schedule', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(rates, steps, ({ count, periodMs, burst }, steps) => {
      const rate = toRate(count, periodMs, burst);
      let [now, paidOff, admitted] = [1_700_000_000_000_000, 0, 0];
      const start = now;
      for (const step of steps) {
        now += step;
        const debt = toDebtUs(paidOff, now, rate);
        if (toWaitUs(debt, rate) > 0) continue;
        paidOff = now + debt + rate.intervalUs;
        admitted++;
        assert.ok(admitted <= burst + ((now - start) * count) / (periodMs * 1000));
      }
    }),
  );
});

test('a clock that goes back gives nothing, and nobody waits longer than for an empty bucket', () => {
  const steps = fc.array(fc.integer({ min: -1_000_000_000, max: 1_000_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(rates, steps, ({ count, periodMs, burst }, steps) => {
      const rate = toRate(count, periodMs, burst);
      let [now, paidOff, admitted, forward] = [1_700_000_000_000_000, 0, 0, 0];
      for (const step of steps) {
        now += step;
        forward += Math.max(step, 0);
        const debt = toDebtUs(paidOff, now, rate);
        const wait = toWaitUs(debt, rate);
        assert.ok(wait <= rate.intervalUs);
        if (wait > 0) continue;
        paidOff = now + debt + rate.intervalUs;
        admitted++;
      }
      assert.ok(admitted <= burst + (forward * count) / (periodMs * 1000));
    }),
  );
});

test('who waits as long as was said is admitted then, and not a microsecond sooner', () => {
  fc.assert(
    fc.property(rates, fc.nat(), ({ count, periodMs, burst }, part) => {
      const rate = toRate(count, periodMs, burst);
      const debt = part % (rate.burstUs + 1);
      const wait = toWaitUs(debt, rate);
      const now = 1_700_000_000_000_000;
      assert.equal(toWaitUs(toDebtUs(now + debt, now + wait, rate), rate), 0);
      if (wait > 0) assert.ok(toWaitUs(toDebtUs(now + debt, now + wait - 1, rate), rate) > 0);
    }),
  );
});

test('the whole burst can come at once, and exactly the count within each period after it', () => {
  for (const [count, periodMs, burst] of [
    [100, 60_000, 20],
    [1, 1000, 1],
    [7, 1000, 7],
    [5000, 1000, 50],
  ] as const) {
    const rate = toRate(count, periodMs, burst);
    let [now, paidOff, admitted] = [0, 0, 0];
    const tryOne = (): boolean => {
      const debt = toDebtUs(paidOff, now, rate);
      if (toWaitUs(debt, rate) > 0) return false;
      paidOff = now + debt + rate.intervalUs;
      return true;
    };
    while (tryOne()) admitted++;
    assert.equal(admitted, burst);
    for (let i = 0; i < count; i++) {
      now += Math.ceil((periodMs * 1000) / count);
      assert.ok(tryOne());
      assert.ok(!tryOne());
    }
  }
});

test('rates too long or too fast for whole microseconds stay within what a number can hold', () => {
  assert.deepEqual(toRate(1_000_000_000, 1000), { intervalUs: 1, burstUs: 1_000_000_000 });
  const { intervalUs, burstUs } = toRate(1, 365 * 86_400_000, 1_000_000);
  assert.ok(Number.isSafeInteger(Date.now() * 1000 + burstUs + intervalUs));
});
