// When instances are checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActiveChecks } from '../../../gateway/upstream/active-checks.ts';
import { makeActiveChecks } from '../../../gateway/upstream/active-checks.ts';
import type { Instance } from '../../../gateway/upstream/instance.ts';
import type { FakeTimeline } from './fake-timeline.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { makeInstances } from './make-instances.ts';

interface Round {
  readonly timeline: FakeTimeline;
  readonly checks: ActiveChecks;
  /** Checks begun: index of the instance and time since the start. */
  readonly begun: string[];
  readonly results: string[];
  /** Ends the oldest check under way. */
  readonly answer: (passed: boolean) => Promise<void>;
}

function makeRound(random: number): Round {
  const timeline = makeFakeTimeline(0);
  const begun: string[] = [];
  const results: string[] = [];
  const waiting: ((passed: boolean) => void)[] = [];
  const checks = makeActiveChecks({
    settings: { everyMs: 1_000, timeoutMs: 200 },
    random: () => random,
    startTimer: timeline.startTimer,
    onResult: (instance, passed) => results.push(`${instance.index} ${passed}`),
    probe(instance: Instance) {
      begun.push(`${instance.index} at ${timeline.now()}`);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiting.push(resolve);
      return promise;
    },
  });
  const answer = async (passed: boolean): Promise<void> => {
    waiting.shift()?.(passed);
    await timeline.advance(0);
  };
  return { timeline, checks, begun, results, answer };
}

test('the first check comes at a random moment of the first interval, the next one an interval after the answer', async () => {
  const { timeline, checks, begun, results, answer } = makeRound(0.5);
  const [instance] = makeInstances(1);
  assert(instance !== undefined);
  checks.watch(instance);
  await timeline.advance(499);
  assert.deepEqual(begun, []);
  await timeline.advance(1);
  assert.deepEqual(begun, ['0 at 500']);
  await timeline.advance(100);
  await answer(true);
  await timeline.advance(1_000);
  assert.deepEqual(begun, ['0 at 500', '0 at 1600']);
  await answer(false);
  assert.deepEqual(results, ['0 true', '0 false']);
});

test('intervals vary by a tenth', async () => {
  for (const [random, at] of [
    [0, 900],
    [0.999_999, 2_100],
  ] as const) {
    const { timeline, checks, begun, answer } = makeRound(random);
    const [instance] = makeInstances(1);
    assert(instance !== undefined);
    checks.watch(instance);
    await timeline.advance(1_000 * random);
    const start = timeline.now();
    await answer(true);
    await timeline.advance(3_000);
    assert.equal(begun.length, 2);
    const second = Number(begun[1]?.split(' at ')[1]);
    assert(Math.abs(second - at) < 1, `${start} then ${second}`);
  }
});

test('checks of one instance never overlap, and a slow instance does not hold up another one', async () => {
  const { timeline, checks, begun } = makeRound(0);
  const [slow, other] = makeInstances(2);
  assert(slow !== undefined && other !== undefined);
  checks.watch(slow);
  checks.watch(slow);
  checks.watch(other);
  await timeline.advance(100_000);
  assert.deepEqual(begun, ['0 at 0', '1 at 0']);
});

test('an instance that is watched no more is checked no more, and a late answer is not told', async () => {
  const { timeline, checks, begun, results, answer } = makeRound(0);
  const [first, second] = makeInstances(2);
  assert(first !== undefined && second !== undefined);
  checks.watch(first);
  await timeline.advance(0);
  checks.unwatch(first);
  await answer(false);
  checks.watch(second);
  checks.unwatch(second);
  await timeline.advance(10_000);
  assert.deepEqual(begun, ['0 at 0']);
  assert.deepEqual(results, []);
  assert.equal(timeline.pending, 0);
});

test('stopping leaves no timer behind', async () => {
  const { timeline, checks, begun, answer } = makeRound(0);
  const [first, second] = makeInstances(2);
  assert(first !== undefined && second !== undefined);
  checks.watch(first);
  await timeline.advance(0);
  checks.watch(second);
  checks.stop();
  await answer(true);
  await timeline.advance(10_000);
  assert.deepEqual(begun, ['0 at 0']);
  assert.equal(timeline.pending, 0);
});
