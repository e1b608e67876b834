// Proof of admission: what one request holds of the quotas until it ends.
import type { Lease } from '../exchange.ts';
import type { Claim } from './quota-store.ts';

/** Made by `makeQuota` alone; the rest of the gateway sees it as a `Lease`. */
export class QuotaLease {
  readonly claim: Claim;
  /** After `take`: for each counter the debt in microseconds or the number alive. Undefined: nobody wants to know. */
  readonly levels: number[] | undefined;
  /** The call may not become a task; the extension is taken out of what the client declares. */
  inline = false;
  /** What the store in memory holds for requests at once, and for a task that may begin. */
  held: number[] | undefined;
  reserved: number[] | undefined;
  /** Where the store in Redis keeps it among the open leases, or -1, and its name there. */
  place = -1;
  member = '';
  /** When the store in Redis renewed it last, in milliseconds of its clock. */
  renewedMs = 0;
  /** True once the slots reserved for a task belong to it. */
  isKept = false;
  /** True while the store in Redis has not heard of that. */
  isUnkept = false;
  isReleased = false;

  constructor(claim: Claim, wantsLevels: boolean) {
    this.claim = claim;
    this.levels = wantsLevels ? [] : undefined;
  }
}

/** The one cast that makes a lease. */
export function toLease(lease: QuotaLease): Lease {
  return lease as unknown as Lease;
}

/** Reads back what `toLease` made. */
export function fromLease(lease: Lease): QuotaLease {
  return lease as unknown as QuotaLease;
}
