// Remembers for a time which things were used, in two generations, so that nothing is deleted one by one.

export class UsedKeys {
  readonly #maxKeys: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  /** When the last of the young, and of the old, is over. */
  #youngEndsMs = 0;
  #oldEndsMs = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /**
   * @returns true the first time within `ttlMs`. False too when there is no room left: what cannot be remembered cannot
   *   be used
   */
  claim(key: string, ttlMs: number, nowMs: number): boolean {
    const endsMs = this.#young.get(key) ?? this.#old.get(key);
    if (endsMs !== undefined && endsMs > nowMs) return false;
    if (this.#oldEndsMs <= nowMs) {
      this.#old = this.#young;
      this.#oldEndsMs = this.#youngEndsMs;
      this.#young = new Map();
    }
    if (this.#young.size + this.#old.size >= this.#maxKeys) return false;
    this.#young.set(key, nowMs + ttlMs);
    this.#youngEndsMs = Math.max(this.#youngEndsMs, nowMs + ttlMs);
    return true;
  }
}
