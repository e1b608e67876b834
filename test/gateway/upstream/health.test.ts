// When an instance is taken out of service, and when it comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { check, fail, getStates, makeWard } from './make-ward.ts';

test('traffic ejects an instance after the configured number of failures in a row', () => {
  const ward = makeWard(2);
  fail(ward, 0, 2);
  assert.equal(getStates(ward), 'healthy healthy');
  fail(ward, 0, 1);
  assert.equal(getStates(ward), 'ejected healthy');
  assert.deepEqual(ward.events, ['ejected 0']);
});

test('an ejected instance returns by itself when its time is over', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  await ward.timeline.advance(9_999);
  assert.equal(getStates(ward), 'ejected healthy');
  await ward.timeline.advance(1);
  assert.equal(getStates(ward), 'healthy healthy');
  assert.deepEqual(ward.events, ['ejected 0', 'returned 0']);
});

test('one failure ejects an instance on probation again, twice as long', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  await ward.timeline.advance(10_000);
  fail(ward, 0, 1);
  assert.equal(getStates(ward), 'ejected healthy');
  await ward.timeline.advance(19_999);
  assert.equal(getStates(ward), 'ejected healthy');
  await ward.timeline.advance(1);
  assert.equal(getStates(ward), 'healthy healthy');
});

test('one success ends the probation', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  await ward.timeline.advance(10_000);
  // What `upstream.ts` does on a success.
  Object.assign(ward.instances[0] ?? {}, { consecutiveFailures: 0 });
  fail(ward, 0, 2);
  assert.equal(getStates(ward), 'healthy healthy');
});

test('ejections grow no longer than ten times the first one', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  for (let spell = 1; spell <= 14; spell += 1) {
    const lengthMs = Math.min(spell, 10) * 10_000;
    await ward.timeline.advance(lengthMs - 1);
    assert.equal(getStates(ward), 'ejected healthy', `spell ${spell}`);
    await ward.timeline.advance(1);
    assert.equal(getStates(ward), 'healthy healthy', `spell ${spell}`);
    fail(ward, 0, 1);
  }
});

test('each ejection time spent in service shortens the next ejection by one', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  await ward.timeline.advance(10_000);
  fail(ward, 0, 1);
  await ward.timeline.advance(20_000 + 10_000);
  fail(ward, 0, 1);
  // Third in a row, one forgiven.
  await ward.timeline.advance(19_999);
  assert.equal(getStates(ward), 'ejected healthy');
  await ward.timeline.advance(1);
  assert.equal(getStates(ward), 'healthy healthy');
});

const BOUNDS: readonly { count: number; ejectAtMost: number; most: number }[] = [
  { count: 1, ejectAtMost: 0.5, most: 0 },
  { count: 1, ejectAtMost: 1, most: 1 },
  { count: 2, ejectAtMost: 0.5, most: 1 },
  { count: 3, ejectAtMost: 0.5, most: 1 },
  { count: 4, ejectAtMost: 0.5, most: 2 },
  { count: 4, ejectAtMost: 0, most: 0 },
  { count: 10, ejectAtMost: 0.3, most: 3 },
  { count: 100, ejectAtMost: 0.29, most: 29 },
];
for (const { count, ejectAtMost, most } of BOUNDS) {
  test(`of ${count} failing instances, traffic ejects ${most} when it may eject ${ejectAtMost * 100} %`, () => {
    const ward = makeWard(count, { ejectAtMost });
    for (const index of ward.instances.keys()) fail(ward, index, 5);
    assert.equal(ward.instances.filter(({ state }) => state === 'ejected').length, most);
  });
}

test('an instance that could not be ejected for lack of room is ejected at its next failure when there is room', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  await ward.timeline.advance(5_000);
  fail(ward, 1);
  assert.equal(getStates(ward), 'ejected healthy');
  await ward.timeline.advance(5_000);
  fail(ward, 1, 1);
  assert.equal(getStates(ward), 'healthy ejected');
});

test('two failed checks take an instance down, two passed ones bring it up', () => {
  const ward = makeWard(1);
  check(ward, 0, false, true, false, true);
  assert.equal(getStates(ward), 'healthy');
  check(ward, 0, false, false);
  assert.equal(getStates(ward), 'unhealthy');
  check(ward, 0, true, false, true, false);
  assert.equal(getStates(ward), 'unhealthy');
  check(ward, 0, true, true);
  assert.equal(getStates(ward), 'healthy');
  assert.deepEqual(ward.events, ['unhealthy 0', 'healthy 0']);
});

test('checks may take all instances out of service', () => {
  const ward = makeWard(3);
  for (const index of [0, 1, 2]) check(ward, index, false, false);
  assert.equal(getStates(ward), 'unhealthy unhealthy unhealthy');
});

test('a passed check does not end an ejection: traffic knows more than server/discover', () => {
  const ward = makeWard(2);
  fail(ward, 0);
  check(ward, 0, true, true, true);
  assert.equal(getStates(ward), 'ejected healthy');
});

test('an instance that checks saw down and up again starts with a clean slate', async () => {
  const ward = makeWard(2);
  fail(ward, 0);
  check(ward, 0, false, false);
  assert.equal(getStates(ward), 'unhealthy healthy');
  assert.equal(ward.timeline.pending, 0, 'the ejection is over');
  check(ward, 0, true, true);
  assert.equal(getStates(ward), 'healthy healthy');
  fail(ward, 0, 2);
  assert.equal(getStates(ward), 'healthy healthy');
  fail(ward, 0, 1);
  await ward.timeline.advance(10_000);
  assert.equal(getStates(ward), 'healthy healthy', 'the first ejection of a new row is the shortest');
});

test('instances that checks hold down use up the share that traffic may eject', () => {
  const ward = makeWard(2);
  check(ward, 0, false, false);
  fail(ward, 1, 9);
  assert.equal(getStates(ward), 'unhealthy healthy');
});

test('when checks take out more, those ejected longest are let back in', () => {
  const ward = makeWard(4);
  fail(ward, 2);
  fail(ward, 1);
  check(ward, 0, false, false);
  assert.equal(getStates(ward), 'unhealthy ejected healthy healthy');
  check(ward, 3, false, false);
  assert.equal(getStates(ward), 'unhealthy healthy healthy unhealthy');
});

test('when the fleet shrinks, those ejected longest are let back in', () => {
  const ward = makeWard(4);
  fail(ward, 0);
  fail(ward, 1);
  ward.instances = ward.instances.slice(0, 2);
  ward.health.keepWithinBound();
  assert.equal(getStates(ward), 'healthy ejected');
});

test('an instance on its way out is judged no more', async () => {
  const ward = makeWard(2);
  const [leaving] = ward.instances;
  assert(leaving !== undefined);
  leaving.begin();
  void leaving.close();
  fail(ward, 0, 9);
  check(ward, 0, false, false);
  assert.equal(getStates(ward), 'healthy healthy');
  leaving.end();
  await leaving.close();
});

test('whatever happens, traffic never leaves fewer in service than promised', async () => {
  const step = fc.record({
    index: fc.nat(5),
    what: fc.constantFrom('fail', 'pass', 'down', 'wait'),
    waitMs: fc.nat(20_000),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, ejectAtMost) => {
        const ward = makeWard(6, { ejectAfter: 2, ejectAtMost });
        for (const { index, what, waitMs } of steps) {
          if (what === 'fail') fail(ward, index, 1);
          else if (what === 'wait') await ward.timeline.advance(waitMs);
          else check(ward, index, what === 'pass');
          const ejected = ward.instances.filter(({ state }) => state === 'ejected').length;
          const down = ward.instances.filter(({ state }) => state === 'unhealthy').length;
          assert(ejected <= Math.max(0, Math.floor(6 * ejectAtMost + 1e-9) - down));
          assert.equal(ward.timeline.pending, ejected, 'each ejection has its end');
        }
      },
    ),
    { numRuns: 200 },
  );
});
