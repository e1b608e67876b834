// Remembers the networks of addresses and the keys of their counters, within bounds.
import type { CounterKey } from './counter-key.ts';
import { toNetwork } from './to-network.ts';

export interface KnownAddress {
  readonly network: string;
  /** By index of the meter. */
  readonly keys: (CounterKey | undefined)[];
}

const GENERATION = 8192;

/** Two generations: when the young one is full, what the old one still holds is dropped. */
export class AddressKeys {
  #young = new Map<string, KnownAddress>();
  #old = new Map<string, KnownAddress>();

  get(address: string): KnownAddress {
    const young = this.#young.get(address);
    if (young !== undefined) return young;
    const known = this.#old.get(address) ?? { network: toNetwork(address), keys: [] };
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(address, known);
    return known;
  }
}
