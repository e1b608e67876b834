// Spares a server that fails everyone: after some failures in a row it is asked once in a while, not by every caller.

/** Failures in a row; one caller alone cannot bring them about while others succeed. */
const MAX_FAILURES = 5;
const PAUSE_MS = 1_000;

export class OutagePause {
  #failures = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  /** Whether the server may be asked now; during an outage, once per second. */
  admit(nowMs: number): boolean {
    const sinceMs = nowMs - this.#askedAtMs;
    // A clock that was set back must not keep the pause going.
    if (this.#failures >= MAX_FAILURES && sinceMs >= 0 && sinceMs < PAUSE_MS) return false;
    this.#askedAtMs = nowMs;
    return true;
  }

  /** The server did its work, whatever it said. */
  succeed(): void {
    this.#failures = 0;
  }

  fail(): void {
    this.#failures++;
  }
}
