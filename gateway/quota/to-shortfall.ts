// Says what a request that finds no room is told: the counter that has room last, or that it may go on without tasks.
import type { Claim, Shortfall } from './quota-store.ts';

/** Instead of a wait: a count is full, and nobody knows until when. */
export const FULL = -1;

/** What a caller is told to wait for such a count. */
const REQUEST_WAIT_US = 1_000_000;
const TASK_WAIT_US = 5_000_000;

/**
 * @param waitsUs for each counter how long until it has room, 0 when it has it, or `FULL`
 * @param levels for each counter how many it counts
 * @param pollWaitUs how long until the next poll, 0 when it may come
 * @returns `inline` when only counters of tasks are short, and only such as let the call go on without
 */
export function toShortfall(
  { takes, plain }: Claim,
  waitsUs: readonly number[],
  levels: readonly number[],
  pollWaitUs: number,
  pollEveryUs: number,
): Shortfall | 'inline' {
  let worst: Shortfall | undefined;
  if (pollWaitUs > 0) worst = { take: undefined, waitUs: pollWaitUs, live: 0, pollEveryUs };
  for (const [i, take] of takes.entries()) {
    const given = waitsUs[i] as number;
    if (given === 0 || (i >= plain && take.meter.isInline)) continue;
    const waitUs = given === FULL ? (take.meter.part === 'live' ? TASK_WAIT_US : REQUEST_WAIT_US) : given;
    if (worst === undefined || waitUs > worst.waitUs) worst = { take, waitUs, live: levels[i] as number, pollEveryUs };
  }
  return worst ?? 'inline';
}
