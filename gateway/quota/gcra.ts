// The arithmetic of rates: the generic cell rate algorithm (ITU-T I.371) in whole microseconds.

/**
 * A rate. What a caller has used is a debt of time: each request adds `intervalUs`, passing time takes it away, and it
 * never exceeds `burstUs`.
 */
export interface Rate {
  readonly intervalUs: number;
  readonly burstUs: number;
}

/** Sums of a clock since 1970 and a debt stay exact in a double. */
const LONGEST_US = 2 ** 52;

/**
 * The interval is rounded up, so that never more than `burst` plus elapsed time times rate is admitted. It is at least
 * one microsecond: beyond a million a second nothing is told apart.
 *
 * @param burst how many may come at once from a caller who has been idle
 */
export function toRate(count: number, periodMs: number, burst: number = count): Rate {
  const intervalUs = Math.max(1, Math.ceil((periodMs * 1000) / count));
  return { intervalUs, burstUs: intervalUs * Math.max(1, Math.min(burst, Math.floor(LONGEST_US / intervalUs))) };
}

/**
 * What is still owed at `nowUs`. A debt beyond the burst comes from a clock that went back or a rate that changed; it
 * counts as a full one, so that nobody waits longer than for an empty bucket.
 *
 * @param paidOffUs when the debt is paid off, on the clock of `nowUs`
 */
export function toDebtUs(paidOffUs: number, nowUs: number, rate: Rate): number {
  return Math.min(Math.max(paidOffUs - nowUs, 0), rate.burstUs);
}

/** How long until one more request has room; 0 when it has room now. */
export function toWaitUs(debtUs: number, rate: Rate): number {
  return Math.max(debtUs + rate.intervalUs - rate.burstUs, 0);
}
