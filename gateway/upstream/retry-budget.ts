// How many retries an upstream may cost: a share of its requests, so that a failing fleet is not buried by second tries.

export interface RetryBudget {
  /** Counts one request that came in; a retry is not one. */
  deposit(): void;
  /** Takes one retry out; false when there is none left. */
  withdraw(): boolean;
}

/** One retry for each five requests: 20 %. */
const REQUESTS_PER_RETRY = 5;
const SLOTS = 10;
const SLOT_MS = 1_000;
/** For upstreams with little traffic: this many a second on top, and at most one second's worth saved up. */
const FLOOR_PER_SECOND = 10;

/**
 * Over any time, retries are at most 20 % of the requests plus 10 for each second plus 10 at once. Requests count
 * for the second they came in and the nine before it. `now` in milliseconds; time that runs backwards stands still.
 */
export function makeRetryBudget(now: () => number): RetryBudget {
  const deposits = new Float64Array(SLOTS);
  const withdrawals = new Float64Array(SLOTS);
  let deposited = 0;
  let withdrawn = 0;
  let latest = now();
  let slot = Math.floor(latest / SLOT_MS);
  let floor = FLOOR_PER_SECOND;
  let floorAt = latest;

  function advance(): void {
    const time = now();
    if (!(time > latest)) return;
    latest = time;
    const next = Math.floor(time / SLOT_MS);
    for (let passed = Math.min(next - slot, SLOTS); passed > 0; passed -= 1) {
      const index = (next - passed + 1) % SLOTS;
      deposited -= deposits[index] ?? 0;
      withdrawn -= withdrawals[index] ?? 0;
      deposits[index] = 0;
      withdrawals[index] = 0;
    }
    slot = next;
  }

  return {
    deposit() {
      advance();
      const index = slot % SLOTS;
      deposits[index] = (deposits[index] ?? 0) + 1;
      deposited += 1;
    },
    withdraw() {
      advance();
      if ((withdrawn + 1) * REQUESTS_PER_RETRY <= deposited) {
        const index = slot % SLOTS;
        withdrawals[index] = (withdrawals[index] ?? 0) + 1;
        withdrawn += 1;
        return true;
      }
      floor = Math.min(FLOOR_PER_SECOND, floor + ((latest - floorAt) / 1_000) * FLOOR_PER_SECOND);
      floorAt = latest;
      if (floor < 1) return false;
      floor -= 1;
      return true;
    },
  };
}
