// Remembers what became of tokens, by their full text, within bounds of number and memory.

export interface CacheBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** A payload that was parsed weighs a few times its text; this is for the rest of an entry. */
const ENTRY_BYTES = 1024;
const BYTES_PER_CHARACTER = 4;

/**
 * Forgets what was least recently used, roughly: entries live in two generations, and when the young one is full, what
 * the old one still holds is dropped. A hit in the young generation changes nothing and allocates nothing.
 */
export class TokenCache<Value> {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #youngBytes = 0;

  constructor({ maxEntries, maxBytes }: CacheBounds) {
    this.#maxEntries = maxEntries / 2;
    this.#maxBytes = maxBytes / 2;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  find(token: string): Value | undefined {
    const young = this.#young.get(token);
    if (young !== undefined) return young;
    const old = this.#old.get(token);
    if (old !== undefined) this.set(token, old);
    return old;
  }

  set(token: string, value: Value): void {
    this.delete(token);
    const bytes = weigh(token);
    if (this.#young.size + 1 > this.#maxEntries || this.#youngBytes + bytes > this.#maxBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(token, value);
    this.#youngBytes += bytes;
  }

  delete(token: string): void {
    if (this.#young.delete(token)) this.#youngBytes -= weigh(token);
    this.#old.delete(token);
  }
}

function weigh(token: string): number {
  return token.length * BYTES_PER_CHARACTER + ENTRY_BYTES;
}
