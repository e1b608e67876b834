// The gateway as the client of one issuer's token endpoint: finds it, asks it, and gives up in time.
import { type ExchangeTarget, toExchangeRequest } from './exchange-request.ts';
import type { StartTimer } from './fetch-document.ts';
import { requestToken, type TokenAnswer } from './request-token.ts';

export interface ExchangeClientSettings extends ExchangeTarget {
  readonly issuer: string;
  /** Undefined: found through discovery. */
  readonly tokenEndpoint: string | undefined;
  /** For one exchange as a whole, discovery included. */
  readonly timeoutMs: number;
}

export interface ExchangeClientDeps {
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
  readonly findTokenEndpoint: (issuer: string) => Promise<string>;
}

export class ExchangeClient {
  readonly #settings: ExchangeClientSettings;
  readonly #deps: ExchangeClientDeps;
  #discovery: Promise<string> | undefined;

  constructor(settings: ExchangeClientSettings, deps: ExchangeClientDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /**
   * Exchanges one token. After a failure the endpoint is looked for again, since it may have moved.
   *
   * @throws Error, without a word of the issuer's or of any token, unless it gave another bearer token or refused
   */
  async exchange(subjectToken: string): Promise<TokenAnswer> {
    const { fetch, startTimer } = this.#deps;
    const { timeoutMs } = this.#settings;
    const late = new AbortController();
    const stopTimer = startTimer(timeoutMs, () => late.abort(new Error('the exchange took too long')));
    try {
      const tokenEndpoint = this.#settings.tokenEndpoint ?? (await withinSignal(this.#discover(), late.signal));
      const request = toExchangeRequest(this.#settings, tokenEndpoint, subjectToken);
      const answer = await requestToken(request, { fetch, startTimer, timeoutMs, signal: late.signal });
      if (answer.granted && answer.accessToken === subjectToken) {
        // Handing it on would be what an exchange is there to avoid.
        throw new Error("the issuer gave the caller's own token back");
      }
      return answer;
    } catch (error) {
      this.#discovery = undefined;
      throw error;
    } finally {
      stopTimer();
    }
  }

  #discover(): Promise<string> {
    this.#discovery ??= this.#deps.findTokenEndpoint(this.#settings.issuer);
    return this.#discovery;
  }
}

/** The same, or the reason of the signal when that comes first. */
function withinSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([promise, aborted]);
}
