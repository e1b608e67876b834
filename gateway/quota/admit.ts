// Admits a request under the quotas and gives its share back. This version has no quotas: every lease is free.
import type { Admitted, Lease, Permitted } from '../exchange.ts';

const FREE = {} as Lease;

/** Takes the request's share of every quota that fits. */
export function admit(request: Permitted): Admitted {
  return { ...request, lease: FREE };
}

/** Gives back what `admit` took; the pipeline calls it exactly once, however the request ends. */
export function release(_request: Admitted): void {}
