// How late the event loop is: the middle, the slowest hundredth and the worst of the last half minute.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Seconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What Node gathers, in nanoseconds from one look to the next: the wait between two looks is in it. */
export interface LookHistogram {
  readonly max: number;
  percentile(percent: number): number;
  reset(): void;
}

const RESOLUTION_MS = 20;
const WINDOW_MS = 30_000;
const NONE: LoopDelay = { p50: 0, p99: 0, max: 0 };

/** The watch does not keep the process alive. */
export function startLooking(): LookHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}

/**
 * Two scrapers do not disturb each other: a peak is seen for at least half a minute.
 *
 * @returns what reads the delay
 */
export function watchEventLoop(histogram: LookHistogram, nowMs: () => number): () => LoopDelay {
  let windowMs = nowMs();
  let last = NONE;
  return () => {
    const current: LoopDelay = {
      p50: toSeconds(histogram.percentile(50)),
      p99: toSeconds(histogram.percentile(99)),
      max: toSeconds(histogram.max),
    };
    const shown: LoopDelay = {
      p50: current.p50,
      p99: Math.max(current.p99, last.p99),
      max: Math.max(current.max, last.max),
    };
    if (nowMs() - windowMs >= WINDOW_MS) {
      last = current;
      windowMs = nowMs();
      histogram.reset();
    }
    return shown;
  };
}

function toSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1000;
}
