// How many tasks are alive by rule, in sets of Redis beside the counters: for metrics alone, so some seconds old and never waited for.
import { hash } from 'node:crypto';
import type { BegunTask, LiveTasks, Take } from './quota-store.ts';
import type { RedisCalls } from './redis-calls.ts';
import { COUNT, NOTE } from './redis-scripts.ts';

const COUNT_EVERY_MS = 10_000;
const DIGEST_DIGITS = 32;

export interface LiveTaskDeps {
  readonly calls: RedisCalls;
  /** In front of every key. */
  readonly prefix: string;
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
}

/**
 * One set per rule, with tasks by when their slots end. Rules are not tied to a shard as counters are, so each set is changed by
 * commands of its own; what gets lost on the way ends with the task's time.
 */
export class LiveTaskSets {
  readonly #deps: LiveTaskDeps;
  #watched: readonly string[] = [];
  #counted: readonly LiveTasks[] = [];
  #stop: (() => void) | undefined;
  #isClosed = false;

  constructor(deps: LiveTaskDeps) {
    this.#deps = deps;
  }

  /** As counted last; empty when the store did not say. */
  get counted(): readonly LiveTasks[] {
    return this.#counted;
  }

  /** Counts the tasks of these rules, now and from time to time. */
  watch(rules: readonly string[]): void {
    this.#watched = rules;
    this.#counted = [];
    this.#stop?.();
    this.#stop = undefined;
    if (rules.length > 0) void this.#count();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
  }

  /** The names of the sets that slots like these are told in, as a task remembers them. */
  toNames(live: readonly Take[]): string {
    return live.map(({ meter }) => this.#toKey(meter.rule)).join(' ');
  }

  /** @param live the counters that the task holds a slot of; @param livesUs for how long each */
  add({ key }: BegunTask, live: readonly Take[], livesUs: readonly number[]): void {
    for (const [i, { meter }] of live.entries()) {
      this.#deps.calls.run(NOTE, [this.#toKey(meter.rule)], [key.text, livesUs[i] as number]).catch(() => {});
    }
  }

  /** @param names as `toNames` made them */
  remove(task: string, names: string): void {
    for (const name of names.split(' ')) {
      if (name !== '') this.#deps.calls.tell((client) => client.zrem(name, task));
    }
  }

  async #count(): Promise<void> {
    const rules = this.#watched;
    const ask = async (rule: string): Promise<LiveTasks> => {
      return { rule, live: await this.#deps.calls.run<number>(COUNT, [this.#toKey(rule)], []) };
    };
    const counted = await Promise.all(rules.map(ask)).catch(() => []);
    if (this.#watched !== rules || this.#isClosed) return;
    this.#counted = counted;
    this.#stop = this.#deps.startTimer(COUNT_EVERY_MS, () => void this.#count());
  }

  #toKey(rule: string): string {
    return `${this.#deps.prefix}live:${hash('sha256', rule).slice(0, DIGEST_DIGITS)}`;
  }
}
