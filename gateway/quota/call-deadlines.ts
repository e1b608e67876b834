// Holds calls to one deadline after their start with a single timer: calls end in the order in which they began.

/** Runs `run` once after a time; the function returned takes it back. */
export type StartTimer = (delayMs: number, run: () => void) => () => void;

interface Call {
  readonly dueMs: number;
  readonly expire: () => void;
  isOver: boolean;
}

export class CallDeadlines {
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;
  readonly #startTimer: StartTimer;
  /** In the order of their ends. */
  #calls: Call[] = [];
  #stop: (() => void) | undefined;

  constructor(timeoutMs: number, nowMs: () => number, startTimer: StartTimer) {
    this.#timeoutMs = timeoutMs;
    this.#nowMs = nowMs;
    this.#startTimer = startTimer;
  }

  /**
   * @param late called with a result that came too late
   * @returns settles as `work` does, or rejects with `fault` at the deadline
   */
  limit<Value>(work: Promise<Value>, fault: Error, late: (value: Value) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      const call: Call = { dueMs: this.#nowMs() + this.#timeoutMs, expire: () => reject(fault), isOver: false };
      this.#calls.push(call);
      this.#stop ??= this.#startTimer(this.#timeoutMs, () => this.#expireLater());
      work.then(
        (value) => {
          if (call.isOver) late(value);
          call.isOver = true;
          resolve(value);
        },
        (error: unknown) => {
          call.isOver = true;
          reject(error);
        },
      );
    });
  }

  /** Ends the timer; calls at work then have no deadline. */
  close(): void {
    this.#stop?.();
    this.#stop = () => {};
  }

  /** Answers that have come while this process stood still are read first, or the store would be blamed for it. */
  #expireLater(): void {
    setImmediate(() => this.#expire());
  }

  #expire(): void {
    const nowMs = this.#nowMs();
    this.#stop = undefined;
    let done = 0;
    for (const call of this.#calls) {
      if (!call.isOver && call.dueMs > nowMs) {
        this.#stop = this.#startTimer(Math.max(1, Math.ceil(call.dueMs - nowMs)), () => this.#expireLater());
        break;
      }
      if (!call.isOver) {
        call.isOver = true;
        call.expire();
      }
      done++;
    }
    this.#calls = this.#calls.slice(done);
  }
}
