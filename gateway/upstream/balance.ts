// Chooses the instance for one request: evenly over the healthy ones, without remembering any request.
import type { Instance } from './instance.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/** Returns a healthy instance that is not in `exclude`, or `undefined` when there is none. */
export type PickInstance = (
  instances: readonly Instance[],
  exclude: readonly Instance[] | undefined,
) => Instance | undefined;

/** Keeps the counters small integers, which cost no allocation. Turns are even between two wraps, a billion picks. */
const TURN_MASK = 0x3fff_ffff;
const FIRST_TURNS = 0x1_0000;

/**
 * Round robin takes the candidates in turn; least requests takes those with the fewest in flight in turn. Turns are
 * counted over the candidates, not over all instances: skipping an ejected one would give its share to its neighbour.
 * Each balance starts at a random turn, so that replicas of the gateway do not march in step.
 */
export function makeBalance(kind: UpstreamSettings['balance'], random: () => number): PickInstance {
  const leastRequests = kind === 'least-requests';
  let turn = Math.floor(random() * FIRST_TURNS);
  // Retries take turns of their own: sharing them, two instances of which one fails would send every first try there.
  let retryTurn = turn;

  return (instances, exclude) => {
    let candidates = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (const instance of instances) {
      if (!isCandidate(instance, exclude)) continue;
      if (!leastRequests || instance.inFlight === fewest) {
        candidates += 1;
      } else if (instance.inFlight < fewest) {
        fewest = instance.inFlight;
        candidates = 1;
      }
    }
    if (candidates === 0) return undefined;

    const isRetry = exclude !== undefined && exclude.length > 0;
    let left = (isRetry ? retryTurn : turn) % candidates;
    if (isRetry) retryTurn = (retryTurn + 1) & TURN_MASK;
    else turn = (turn + 1) & TURN_MASK;

    for (const instance of instances) {
      if (!isCandidate(instance, exclude) || (leastRequests && instance.inFlight !== fewest)) continue;
      if (left === 0) return instance;
      left -= 1;
    }
    return undefined;
  };
}

function isCandidate(instance: Instance, exclude: readonly Instance[] | undefined): boolean {
  return instance.state === 'healthy' && (exclude === undefined || !exclude.includes(instance));
}
