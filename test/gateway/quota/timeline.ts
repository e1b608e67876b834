// A clock and timers that move only when a test says so.

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

export function makeTimeline() {
  let now = 0;
  const waiting = new Set<Timer>();
  return {
    nowMs: (): number => now,
    timers: (): number => waiting.size,
    startTimer: (delayMs: number, run: () => void): (() => void) => {
      const timer = { dueMs: now + delayMs, run };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    /** Moves the clock, runs what is due, and lets promises settle. */
    pass: async (ms: number): Promise<void> => {
      now += ms;
      for (const timer of [...waiting].toSorted((a, b) => a.dueMs - b.dueMs)) {
        if (timer.dueMs > now) continue;
        waiting.delete(timer);
        timer.run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
