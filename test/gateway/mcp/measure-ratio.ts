// Compares two pieces of work on a noisy machine: the best of several turns each, taken in turn.

/** @returns how many times longer `work` takes than `yardstick` */
export function measureRatio(yardstick: () => void, work: () => void): number {
  let yardstickMs = Number.POSITIVE_INFINITY;
  let workMs = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 7; turn++) {
    yardstickMs = Math.min(yardstickMs, measureMs(yardstick));
    workMs = Math.min(workMs, measureMs(work));
  }
  return workMs / yardstickMs;
}

function measureMs(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
