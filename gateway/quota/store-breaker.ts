// Stops asking a store that keeps failing, and looks now and then whether it is back.
import type { StartTimer } from './call-deadlines.ts';

/** Fixed words: they label metrics and stand in the log. */
export type StoreFault = 'timeout' | 'connection' | 'reply';

export type StoreEvent =
  /** The first failure after a success. */
  | { readonly kind: 'store_failed'; readonly reason: StoreFault }
  /** From now on the rules' `onStoreFailure` decides without asking. */
  | { readonly kind: 'store_open'; readonly reason: StoreFault }
  | { readonly kind: 'store_recovered' };

const FAILURES_IN_A_ROW = 5;
const PROBE_EVERY_MS = 500;

export interface BreakerDeps {
  readonly startTimer: StartTimer;
  readonly onStoreEvent: (event: StoreEvent) => void;
  /** Asks the store for something small that it has to write. */
  readonly probe: () => Promise<unknown>;
}

export class StoreBreaker {
  readonly #deps: BreakerDeps;
  #failures = 0;
  #isOpen = false;
  #isClosing = false;
  #stop: (() => void) | undefined;

  constructor(deps: BreakerDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A call went well. One that began before the store was given up does not bring it back; a probe does. */
  succeed(): void {
    if (!this.#isOpen) this.#failures = 0;
  }

  fail(reason: StoreFault): void {
    if (this.#isOpen || this.#isClosing) return;
    this.#failures++;
    if (this.#failures === 1) this.#deps.onStoreEvent({ kind: 'store_failed', reason });
    if (this.#failures < FAILURES_IN_A_ROW) return;
    this.#isOpen = true;
    this.#deps.onStoreEvent({ kind: 'store_open', reason });
    this.#probeLater();
  }

  close(): void {
    this.#isClosing = true;
    this.#stop?.();
  }

  #probeLater(): void {
    if (this.#isClosing) return;
    this.#stop = this.#deps.startTimer(PROBE_EVERY_MS, () => {
      this.#deps.probe().then(
        () => {
          if (this.#isClosing) return;
          this.#isOpen = false;
          this.#failures = 0;
          this.#deps.onStoreEvent({ kind: 'store_recovered' });
        },
        () => this.#probeLater(),
      );
    });
  }
}
