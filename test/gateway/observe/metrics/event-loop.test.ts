// The delay of the event loop: a peak is seen by every scraper for half a minute, and then no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLooking, watchEventLoop } from '../../../../gateway/observe/metrics-event-loop.ts';

test('a peak shows without the wait between two looks, for at least half a minute and to each scraper', () => {
  let nowMs = 0;
  const looks = { p50: 20.5e6, p99: 25e6, max: 520e6 };
  const histogram = {
    get max() {
      return looks.max;
    },
    percentile: (percent: number) => (percent === 50 ? looks.p50 : looks.p99),
    reset: () => Object.assign(looks, { p50: 0, p99: 0, max: 0 }),
  };
  const read = watchEventLoop(histogram, () => nowMs);
  assert.deepEqual(read(), { p50: 0.0005, p99: 0.005, max: 0.5 });
  nowMs = 29_000;
  assert.equal(read().max, 0.5);
  nowMs = 31_000;
  assert.equal(read().max, 0.5);
  assert.equal(looks.max, 0);
  nowMs = 45_000;
  assert.deepEqual(read(), { p50: 0, p99: 0.005, max: 0.5 });
  nowMs = 62_000;
  assert.equal(read().max, 0.5);
  assert.deepEqual(read(), { p50: 0, p99: 0, max: 0 });
});

test("Node's own histogram is one that can be watched", () => {
  const { p50, p99, max } = watchEventLoop(startLooking(), () => 0)();
  for (const seconds of [p50, p99, max]) assert.ok(seconds >= 0 && seconds < 60, String(seconds));
});
