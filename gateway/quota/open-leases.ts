// Knows the leases that this process holds in a shared store, so that they can be renewed.
import type { QuotaLease } from './quota-lease.ts';

/** Places are used again, so that a request leaves no garbage behind in a long-lived collection. */
export class OpenLeases {
  readonly #places: (QuotaLease | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.length - this.#free.length;
  }

  add(lease: QuotaLease): void {
    lease.place = this.#free.pop() ?? this.#places.length;
    this.#places[lease.place] = lease;
  }

  remove(lease: QuotaLease): void {
    if (lease.place < 0) return;
    this.#places[lease.place] = undefined;
    this.#free.push(lease.place);
    lease.place = -1;
  }

  *[Symbol.iterator](): Iterator<QuotaLease> {
    for (const lease of this.#places) if (lease !== undefined) yield lease;
  }
}
