// A clock with timers that a test moves by hand.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StartTimer } from '../../../gateway/upstream/start-timer.ts';

export interface FakeTimeline {
  readonly now: () => number;
  readonly startTimer: StartTimer;
  /** Timers set and not yet run or taken back. */
  readonly pending: number;
  /** Lets this much time pass, runs what falls due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
}

export function makeFakeTimeline(startMs = 1_000): FakeTimeline {
  let time = startMs;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => time,
    startTimer(delayMs, run) {
      const timer = { at: time + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = time + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        time = Math.max(time, due.at);
        due.run();
        await nextTurn();
      }
      time = end;
      await nextTurn();
    },
  };
}
