// When a process sheds load: by what is open, by the bytes it holds, by how late its event loop is.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Overload, type OverloadLimits } from '../../../gateway/edge/overload.ts';
import { Refusal } from '../../../gateway/refusal.ts';

const LIMITS: OverloadLimits = { inFlight: 10, queuedBytes: 100, eventLoopDelayMs: 50 };

/** The reason it refuses for, or `taken`. */
function judge(overload: Overload, inFlight = 1): string {
  try {
    overload.check(inFlight);
    return 'taken';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    assert.equal(error.kind, 'overloaded');
    assert.equal(error.row.status, 503);
    assert.equal(error.row.close, true);
    assert.equal(error.detail.retryAfterS, 1);
    return String(error.detail.reason);
  }
}

test('as many requests as the limit are taken, and not one more', () => {
  const overload = new Overload(
    () => LIMITS,
    () => 0,
  );
  assert.equal(judge(overload, 10), 'taken');
  assert.equal(judge(overload, 11), 'in_flight');
  assert.equal(judge(overload, 10), 'taken');
});

test('bytes are held up to the limit, and room comes back with each that is let go', () => {
  const overload = new Overload(
    () => LIMITS,
    () => 0,
  );
  assert.equal(overload.hold(60), true);
  assert.equal(overload.hold(40), true);
  assert.equal(overload.hold(1), false);
  assert.equal(overload.queuedBytes, 101);
  overload.letGo(1);
  overload.letGo(60);
  assert.equal(overload.hold(60), true);
  overload.letGo(100);
  assert.equal(overload.queuedBytes, 0);
});

/** An event loop whose every tick of the watch comes so late. */
function watch(t: TestContext, limits: () => OverloadLimits = () => LIMITS) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  const overload = new Overload(limits, () => nowMs);
  t.after(() => overload.close());
  overload.start();
  return {
    overload,
    pass: (lateMs: number): void => {
      nowMs += 100 + lateMs;
      t.mock.timers.tick(100);
    },
  };
}

test('a late event loop sheds at once, and takes requests again by itself some samples later', (t) => {
  const { overload, pass } = watch(t);
  pass(3);
  assert.equal(judge(overload), 'taken');
  pass(160);
  assert.equal(overload.eventLoopDelayMs, 160);
  assert.equal(judge(overload), 'event_loop');
  pass(0);
  assert.equal(judge(overload), 'event_loop');
  pass(0);
  assert.equal(judge(overload), 'taken');
});

test('while it stays late it goes on shedding', (t) => {
  const { overload, pass } = watch(t);
  for (let i = 0; i < 20; i++) {
    pass(70);
    assert.equal(judge(overload), 'event_loop');
  }
});

test('a limit of zero never looks at the event loop', (t) => {
  const { overload, pass } = watch(t, () => ({ ...LIMITS, eventLoopDelayMs: 0 }));
  pass(60_000);
  assert.equal(judge(overload), 'taken');
});

test('what delayed the start is no load', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  const overload = new Overload(
    () => LIMITS,
    () => nowMs,
  );
  t.after(() => overload.close());
  nowMs = 5000;
  overload.start();
  nowMs = 5100;
  t.mock.timers.tick(100);
  assert.equal(overload.eventLoopDelayMs, 0);
});

test('limits that a reload changes hold from the next request on', () => {
  let limits = LIMITS;
  const overload = new Overload(
    () => limits,
    () => 0,
  );
  assert.equal(judge(overload, 10), 'taken');
  limits = { ...LIMITS, inFlight: 5 };
  assert.equal(judge(overload, 10), 'in_flight');
});
