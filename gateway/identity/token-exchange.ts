// Exchanges a caller's token at its issuer for one that is meant for an upstream, as rarely as possible.
import { hash } from 'node:crypto';
import type { Routed } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { ExchangeClient, type ExchangeClientDeps, type ExchangeClientSettings } from './exchange-client.ts';
import { OutagePause } from './outage-pause.ts';
import { TokenCache } from './token-cache.ts';

export interface ExchangeEvent {
  readonly kind: 'token_exchanged' | 'exchange_refused' | 'exchange_failed';
  readonly issuer: string;
  readonly resource: string;
  /** Of a refusal: the issuer's error code when it is a registered one, else `other`. */
  readonly error?: string;
  readonly cause?: unknown;
}

export interface ExchangeDeps extends ExchangeClientDeps {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onEvent?: (event: ExchangeEvent) => void;
}

type Reason = 'exchange_refused' | 'exchange_failed';
/** What became of one exchange, and when it holds. */
type Outcome = { readonly fromMs: number; readonly untilMs: number } & (
  | { readonly headers: readonly string[] }
  | { readonly headers: undefined; readonly reason: Reason }
);

const BOUNDS = { maxEntries: 8_192, maxBytes: 16 * 2 ** 20 };
const LONGEST_MARGIN_MS = 30_000;
const MARGIN_SHARE = 0.1;
/** So that a caller who comes again at once does not cost the issuer another no. */
const HELD_MS: Readonly<Record<Reason, number>> = { exchange_refused: 5_000, exchange_failed: 2_000 };

/**
 * Makes the credential that the caller's token is exchanged for (RFC 8693). It is kept under a digest of that token, until
 * shortly before it expires and never longer than that token is valid; requests that come meanwhile share one exchange.
 * A token goes to no issuer but its own, and never comes back as its own exchange.
 *
 * @throws Refusal upstream_failed: `no_token` for a caller without one, `foreign_token` for one of another issuer,
 *   `exchange_refused` when the issuer says no, `exchange_failed` when it gives no usable answer
 */
export function makeExchangeCredential(
  settings: ExchangeClientSettings,
  deps: ExchangeDeps,
): (routed: Routed) => readonly string[] | Promise<readonly string[]> {
  const exchange = new TokenExchange(settings, deps);
  return ({ bearer, principal }) => {
    if (bearer === undefined) refuse('upstream_failed', { reason: 'no_token' });
    if (principal.issuer !== settings.issuer) refuse('upstream_failed', { reason: 'foreign_token' });
    const outcome = exchange.run(bearer, principal.validUntilMs ?? Number.POSITIVE_INFINITY);
    return outcome instanceof Promise ? outcome.then(toHeaders) : toHeaders(outcome);
  };
}

function toHeaders(outcome: Outcome): readonly string[] {
  return outcome.headers ?? refuse('upstream_failed', { reason: outcome.reason });
}

class TokenExchange {
  readonly #about: Pick<ExchangeEvent, 'issuer' | 'resource'>;
  readonly #client: ExchangeClient;
  readonly #deps: ExchangeDeps;
  readonly #outcomes = new TokenCache<Outcome>(BOUNDS);
  readonly #underWay = new Map<string, Promise<Outcome>>();
  readonly #pause = new OutagePause();

  constructor(settings: ExchangeClientSettings, deps: ExchangeDeps) {
    const { issuer, resource } = settings;
    this.#about = { issuer, resource };
    this.#client = new ExchangeClient(settings, deps);
    this.#deps = deps;
  }

  /** Never rejects. */
  run(bearer: string, validUntilMs: number): Outcome | Promise<Outcome> {
    const key = hash('sha256', bearer, 'base64url');
    const nowMs = this.#deps.nowMs();
    const known = this.#outcomes.find(key);
    if (known !== undefined && nowMs >= known.fromMs && nowMs < known.untilMs) return known;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    if (!this.#pause.admit(nowMs)) return toFailure('exchange_failed', nowMs);
    const exchanging = this.#exchange(key, bearer, validUntilMs).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, exchanging);
    return exchanging;
  }

  async #exchange(key: string, bearer: string, validUntilMs: number): Promise<Outcome> {
    const fromMs = this.#deps.nowMs();
    let outcome: Outcome;
    try {
      const answer = await this.#client.exchange(bearer);
      this.#pause.succeed();
      if (answer.granted) {
        const untilMs = Math.min(fromMs + toUsableMs(answer.lifetimeMs), validUntilMs);
        outcome = { headers: ['authorization', `Bearer ${answer.accessToken}`], fromMs, untilMs };
        this.#deps.onEvent?.({ kind: 'token_exchanged', ...this.#about });
      } else {
        outcome = toFailure('exchange_refused', this.#deps.nowMs());
        this.#deps.onEvent?.({ kind: 'exchange_refused', ...this.#about, error: answer.error });
      }
    } catch (cause) {
      this.#pause.fail();
      outcome = toFailure('exchange_failed', this.#deps.nowMs());
      this.#deps.onEvent?.({ kind: 'exchange_failed', ...this.#about, cause });
    }
    this.#outcomes.set(key, outcome);
    return outcome;
  }
}

function toUsableMs(lifetimeMs: number): number {
  return lifetimeMs - Math.min(LONGEST_MARGIN_MS, lifetimeMs * MARGIN_SHARE);
}

function toFailure(reason: Reason, fromMs: number): Outcome {
  return { headers: undefined, reason, fromMs, untilMs: fromMs + HELD_MS[reason] };
}
