// Calls Redis under a deadline and a breaker, and tells every failure as one thing: the store did not answer.
import { CallDeadlines, type StartTimer } from './call-deadlines.ts';
import { makeRedisClient, type RedisClient } from './make-redis-client.ts';
import { StoreFailure } from './quota-store.ts';
import type { Script } from './redis-scripts.ts';
import type { RedisSettings } from './redis-settings.ts';
import { StoreBreaker, type StoreEvent, type StoreFault } from './store-breaker.ts';

export type Argument = string | number;

export interface RedisCallsDeps {
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  readonly startTimer: StartTimer;
  readonly onStoreEvent: (event: StoreEvent) => void;
}

const OPEN = new StoreFailure('open');
/** How long after a client's end the next one is made. */
const REOPEN_MS = 500;
const SLOW = new StoreFailure('timeout');

export class RedisCalls {
  readonly #settings: RedisSettings;
  readonly #startTimer: StartTimer;
  readonly #deadlines: CallDeadlines;
  readonly #breaker: StoreBreaker;
  #client: RedisClient;
  #isClosing = false;

  constructor(settings: RedisSettings, { nowMs, startTimer, onStoreEvent }: RedisCallsDeps) {
    this.#startTimer = startTimer;
    this.#settings = settings;
    this.#client = this.#open();
    this.#deadlines = new CallDeadlines(settings.timeoutMs, nowMs, startTimer);
    // Asynchronous, so that what the client throws at once is a failed probe too.
    const probe = async (): Promise<unknown> =>
      this.#deadlines.limit(this.#client.set(`${settings.prefix}{0}:probe`, 1, 'PX', 1000), SLOW, () => {});
    this.#breaker = new StoreBreaker({ startTimer, onStoreEvent, probe });
  }

  /** The store was given up for now; calls fail without being sent. */
  get isOpen(): boolean {
    return this.#breaker.isOpen;
  }

  /** Settles when the first connection stands, or after `withinMs`. */
  async connected(withinMs: number): Promise<boolean> {
    if (this.#client.status === 'ready') return true;
    return new Promise((resolve) => {
      const stop = this.#startTimer(withinMs, () => resolve(false));
      this.#client.once('ready', () => {
        stop();
        resolve(true);
      });
    });
  }

  close(): void {
    this.#isClosing = true;
    this.#breaker.close();
    this.#deadlines.close();
    this.#client.disconnect();
  }

  /** Runs a script. */
  run<Reply>(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    late?: (reply: Reply) => void,
  ): Promise<Reply> {
    return this.call(() => this.#evaluate(script, keys, args) as Promise<Reply>, late);
  }

  /** Connects, and again should the client ever give up: it does when a failover meets it while it is connecting. */
  #open(): RedisClient {
    const client = makeRedisClient(this.#settings);
    // Every failure is seen by the call that meets it; without a listener it would be thrown.
    client.on('error', () => {});
    client.once('end', () => {
      if (this.#isClosing) return;
      this.#startTimer(REOPEN_MS, () => {
        if (!this.#isClosing) this.#client = this.#open();
      });
    });
    return client;
  }

  async #evaluate({ sha, lua }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.#client.eval(lua, keys.length, ...keys, ...args);
    }
  }

  /** Sends what nobody waits for, also to a store that was given up: it may be there and only slow. */
  tell(start: (client: RedisClient) => Promise<unknown>): void {
    try {
      start(this.#client).catch(() => {});
    } catch {
      // A cluster whose slots are not known throws at once.
    }
  }

  /** One call under the deadline and the breaker. */
  async call<Reply>(
    start: (client: RedisClient) => Promise<Reply>,
    late: (reply: Reply) => void = () => {},
  ): Promise<Reply> {
    if (this.#breaker.isOpen) throw OPEN;
    try {
      const reply = await this.#deadlines.limit(start(this.#client), SLOW, late);
      this.#breaker.succeed();
      return reply;
    } catch (error) {
      this.#breaker.fail(toFault(error));
      throw error instanceof StoreFailure ? error : new StoreFailure('failed', { cause: error });
    }
  }
}

function toFault(error: unknown): StoreFault {
  if (error === SLOW) return 'timeout';
  return error instanceof Error && error.name === 'ReplyError' ? 'reply' : 'connection';
}
