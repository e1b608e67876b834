// The keys of one issuer: fetched ahead of need, kept through outages for a bounded time, one fetch at a time.
import { type FetchDeps, fetchDocument, type StartTimer } from './fetch-document.ts';
import { findIssuerEndpoint } from './find-issuer-endpoint.ts';
import type { IssuerSettings, KeySettings } from './identity-settings.ts';
import { type KeySet, toKeySet } from './key-set.ts';

export interface KeyEvent {
  readonly kind: 'keys_fetched' | 'keys_failed' | 'keys_stale' | 'keys_expired';
  readonly issuer: string;
  readonly cause?: unknown;
}

export interface KeyDeps {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
  readonly onEvent: (event: KeyEvent) => void;
}

/** What decides which keys an issuer has and how they are fetched. */
export type KeySource = Pick<IssuerSettings, 'issuer' | 'jwksUri' | 'algorithms'> & { readonly keys: KeySettings };

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export class IssuerKeys {
  readonly source: KeySource;
  readonly #deps: KeyDeps;
  readonly #closing = new AbortController();
  #set: KeySet | undefined;
  #expiresAtMs = Number.NEGATIVE_INFINITY;
  #jwksUri: string | undefined;
  #round: Promise<void> | undefined;
  #first: Promise<void> | undefined;
  #demandedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #stopTimer = (): void => {};
  #holders = 0;

  constructor(source: KeySource, deps: KeyDeps) {
    this.source = source;
    this.#deps = deps;
  }

  /** True while keys serve although the last fetch failed. */
  get isStale(): boolean {
    return this.#failures > 0 && this.#set !== undefined;
  }

  /** The keys in force at this moment; undefined when there are none, or none young enough. Cheap. */
  current(nowMs: number): KeySet | undefined {
    if (nowMs >= this.#expiresAtMs) this.#expire();
    return this.#set;
  }

  /** Starts to fetch, once; resolves when the first fetch is done or has failed. Never rejects. */
  ready(): Promise<void> {
    this.#first ??= this.#refresh();
    return this.#first;
  }

  /** Waits for the fetch that is under way, if any. Never rejects. */
  async settle(): Promise<KeySet | undefined> {
    await this.#round;
    return this.current(this.#deps.nowMs());
  }

  /**
   * For a `kid` that no key has: fetches once more, unless that happened within the cool-down; then only waits for what is
   * under way. Leaves the background refresh as it is, so a flood of made-up kids cannot put that off. Never rejects.
   */
  async fetchOnDemand(): Promise<KeySet | undefined> {
    const nowMs = this.#deps.nowMs();
    const sinceMs = nowMs - this.#demandedAtMs;
    // A clock that was set back must not stop fetching.
    const isCooling = sinceMs >= 0 && sinceMs < this.source.keys.cooldownMs;
    if (this.#round === undefined && !isCooling) {
      this.#demandedAtMs = nowMs;
      void this.#start(false);
    }
    return this.settle();
  }

  /** One more registry uses these keys. */
  hold(): void {
    this.#holders++;
  }

  /** One registry less; after the last, nothing is fetched any more. */
  release(): void {
    if (--this.#holders > 0) return;
    this.#closing.abort(new Error('the gateway let go of this issuer'));
    this.#stopTimer();
  }

  async #refresh(): Promise<void> {
    // A fetch on demand may have begun before the issuer changed its keys, so it does not replace this one.
    await this.#round;
    await this.#start(true);
    if (this.#closing.signal.aborted) return;
    this.#stopTimer = this.#deps.startTimer(this.#toDelayMs(), () => void this.#refresh());
  }

  /** Always a little early: replicas that started together should not ask together. */
  #toDelayMs(): number {
    const { refreshMs } = this.source.keys;
    if (this.#failures === 0) return refreshMs * (0.8 + 0.2 * this.#deps.random());
    const backoffMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS, refreshMs);
    return backoffMs * (0.5 + 0.5 * this.#deps.random());
  }

  #start(rediscover: boolean): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#round ??= this.#fetch(rediscover).finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #fetch(rediscover: boolean): Promise<void> {
    const { issuer, algorithms, keys } = this.source;
    const { fetch, startTimer, nowMs, onEvent } = this.#deps;
    const deps: FetchDeps = { fetch, startTimer, timeoutMs: keys.timeoutMs, signal: this.#closing.signal };
    try {
      const known = rediscover ? undefined : this.#jwksUri;
      const jwksUri = this.source.jwksUri ?? known ?? (await findIssuerEndpoint(issuer, 'jwks_uri', deps));
      const set = toKeySet(await fetchDocument(jwksUri, deps), algorithms);
      if (set.size === 0) throw new Error(`${jwksUri} has no key that can verify its tokens`);
      this.#jwksUri = jwksUri;
      // Equal keys stay the same object: what was verified with them stays verified.
      if (this.#set?.print !== set.print) this.#set = set;
      this.#failures = 0;
      this.#expiresAtMs = nowMs() + keys.refreshMs + keys.staleForMs;
      onEvent({ kind: 'keys_fetched', issuer });
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      this.#jwksUri = undefined;
      this.#failures++;
      onEvent({ kind: 'keys_failed', issuer, cause });
      if (this.current(nowMs()) !== undefined && this.#failures === 1) onEvent({ kind: 'keys_stale', issuer });
    }
  }

  #expire(): void {
    if (this.#set === undefined) return;
    this.#set = undefined;
    this.#deps.onEvent({ kind: 'keys_expired', issuer: this.source.issuer });
  }
}
