// What a store of counters can do, in memory or in Redis.
import type { CounterKey } from './counter-key.ts';
import type { Meter } from './meter.ts';
import type { QuotaLease } from './quota-lease.ts';

/** One counter a request takes from. */
export interface Take {
  readonly meter: Meter;
  readonly key: CounterKey;
}

/** What one request asks for: all of it, or nothing is taken. */
export interface Claim {
  /** Those of `concurrent` and `rate` first, `plain` of them; then those of tasks. */
  readonly takes: readonly Take[];
  readonly plain: number;
  /** The task that a poll asks for; it may not come too soon. */
  readonly poll: CounterKey | undefined;
  /** The rules that apply, each once. */
  readonly rules: readonly AppliedRule[];
}

export interface AppliedRule {
  readonly id: string;
  /** Some of what is taken for it belongs to tasks. */
  readonly countsTasks: boolean;
}

/** `inline`: all but what belongs to tasks was taken, because a rule said so for a call beyond its limit of tasks. */
export type Verdict = 'taken' | 'inline' | Shortfall;

/** Why nothing was taken: the counter that will have room last. */
export interface Shortfall {
  /** Undefined when the poll came too soon. */
  readonly take: Take | undefined;
  /** Until there is room; for counts, when to ask again. */
  readonly waitUs: number;
  /** How many are alive; for counts. */
  readonly live: number;
  /** How long between polls; for polls. */
  readonly pollEveryUs: number;
}

/** A task that has begun, and for how long each of its slots is taken at most. */
export interface BegunTask {
  readonly key: CounterKey;
  /** Undefined: until the longest life that each rule allows. */
  readonly ttlUs: number | undefined;
  /** How long between polls at least; 0: no matter. */
  readonly pollEveryUs: number;
}

/** How many tasks hold a slot of one rule. */
export interface LiveTasks {
  readonly rule: string;
  readonly live: number;
}

/** The store is down or slow; each rule says what happens then. */
export class StoreFailure extends Error {}

export interface QuotaStore {
  /**
   * Takes all that `lease.claim` asks for, or nothing.
   *
   * @throws StoreFailure, or rejects with it; what might have been taken ends by itself then
   */
  take(lease: QuotaLease): Verdict | Promise<Verdict>;
  /** Gives back what counts at once; never fails. Called once per lease. */
  giveBack(lease: QuotaLease): void;
  /** Turns the slots a lease holds for a task into slots of this task, which outlive the request. */
  keepTask(lease: QuotaLease, task: BegunTask): void;
  /** Frees the slots of a task; one that is unknown, or has ended before, frees nothing. */
  endTask(key: CounterKey): void;
  /**
   * Marks something as used.
   *
   * @returns true the first time within `ttlMs`, false from then on
   * @throws StoreFailure, or rejects with it, when that cannot be known
   */
  claimOnce(key: string, ttlMs: number): boolean | Promise<boolean>;
  /** The tasks of these rules are to be told by `liveTasks`, and no others. */
  watchLiveTasks(rules: readonly string[]): void;
  /** By watched rule, as known without asking anybody; a rule whose number is not known is left out. */
  liveTasks(): readonly LiveTasks[];
  /** Lets go of connections and timers. */
  close(): void;
}
