// Counters in the memory of one process: exact, synchronous and bounded.

import type { CounterKey } from './counter-key.ts';
import { CounterTable } from './counter-table.ts';
import { toDebtUs, toWaitUs } from './gcra.ts';
import type { QuotaLease } from './quota-lease.ts';
import type { BegunTask, LiveTasks, QuotaStore, Take, Verdict } from './quota-store.ts';
import { type NewHold, TaskBook } from './task-book.ts';
import { FULL, toShortfall } from './to-shortfall.ts';
import { UsedKeys } from './used-keys.ts';

export interface MemoryStoreSettings {
  /** Counters at most, and tasks, and things used; beyond it new callers of a rule share one counter. */
  readonly maxKeys: number;
}

export interface MemoryStoreDeps {
  /** Microseconds since any moment; a step back counts as standing still. */
  readonly nowUs: () => number;
  /** 32 secret bits, so that nobody can make counters that collide. */
  readonly seed: number;
}

const EXPIRIES_AT_A_LOOK = 16;

export class MemoryStore implements QuotaStore {
  readonly #maxKeys: number;
  readonly #readClock: () => number;
  readonly #table: CounterTable;
  readonly #tasks: TaskBook;
  readonly #used: UsedKeys;
  /** Where the counters of the request at hand stand, and whether each has room; used within one call alone. */
  readonly #slots: number[] = [];
  readonly #waits: number[] = [];
  readonly #levels: number[] = [];
  #watched: readonly string[] = [];
  #lastUs = 0;

  constructor({ maxKeys }: MemoryStoreSettings, { nowUs, seed }: MemoryStoreDeps) {
    this.#maxKeys = maxKeys;
    this.#readClock = nowUs;
    this.#table = new CounterTable(maxKeys, seed);
    this.#tasks = new TaskBook((slot) => this.#decrement(slot));
    this.#used = new UsedKeys(maxKeys);
  }

  /** How many counters there are. */
  get size(): number {
    return this.#table.size;
  }

  take(lease: QuotaLease): Verdict {
    const { takes, plain, poll } = lease.claim;
    const nowUs = this.#now();
    this.#tasks.expire(nowUs);
    this.#findSlots(takes, nowUs);
    const polled = poll === undefined ? undefined : this.#tasks.find(poll.text);
    const pollWaitUs = polled === undefined ? 0 : Math.max(polled.nextPollUs - nowUs, 0);
    let short = pollWaitUs > 0;
    for (let i = 0; i < takes.length; i++) {
      this.#measure(i, takes[i] as Take, nowUs);
      if (this.#waits[i] !== 0) short = true;
    }
    if (lease.levels !== undefined) for (let i = 0; i < takes.length; i++) lease.levels[i] = this.#levels[i] as number;
    let count = takes.length;
    if (short) {
      const why = toShortfall(lease.claim, this.#waits, this.#levels, pollWaitUs, polled?.pollEveryUs ?? 0);
      if (why !== 'inline') return why;
      count = plain;
    }
    if (polled !== undefined) polled.nextPollUs = nowUs + polled.pollEveryUs;
    for (let i = 0; i < count; i++) this.#commit(lease, i, takes[i] as Take, nowUs);
    return count === takes.length ? 'taken' : 'inline';
  }

  giveBack(lease: QuotaLease): void {
    if (lease.held !== undefined) for (const slot of lease.held) this.#decrement(slot);
    if (lease.reserved !== undefined && !lease.isKept) for (const slot of lease.reserved) this.#decrement(slot);
    lease.held = undefined;
    lease.reserved = undefined;
  }

  keepTask(lease: QuotaLease, task: BegunTask): void {
    const nowUs = this.#now();
    const holds: NewHold[] = [];
    let longestUs = 0;
    let reserved = 0;
    for (const { meter } of lease.claim.takes.slice(lease.claim.plain)) {
      const lifeUs = Math.min(task.ttlUs ?? meter.longestLifeUs, meter.longestLifeUs);
      longestUs = Math.max(longestUs, lifeUs);
      if (!meter.isCount || lease.reserved === undefined) continue;
      holds.push({ slot: lease.reserved[reserved++] as number, rule: meter.rule, endsUs: nowUs + lifeUs });
    }
    if (holds.length === 0) {
      // Known for its polls alone, as long as there is room for it.
      if (task.pollEveryUs === 0 || this.#tasks.size >= this.#maxKeys) return;
      holds.push({ slot: -1, rule: '', endsUs: nowUs + longestUs });
    }
    this.#tasks.keep(task, holds);
  }

  endTask(key: CounterKey): void {
    this.#tasks.end(key.text);
  }

  claimOnce(key: string, ttlMs: number): boolean {
    return this.#used.claim(key, ttlMs, this.#now() / 1000);
  }

  watchLiveTasks(rules: readonly string[]): void {
    this.#watched = rules;
  }

  liveTasks(): readonly LiveTasks[] {
    const nowUs = this.#now();
    // As many as may end in one go; the next look sees the others.
    for (let i = 0; i < EXPIRIES_AT_A_LOOK; i++) this.#tasks.expire(nowUs);
    return this.#watched.map((rule) => ({ rule, live: this.#tasks.countLive(rule) }));
  }

  close(): void {}

  #now(): number {
    this.#lastUs = Math.max(this.#lastUs, Math.floor(this.#readClock()));
    return this.#lastUs;
  }

  #findSlots(takes: readonly Take[], nowUs: number): void {
    let isMissing = false;
    for (let i = 0; i < takes.length; i++) {
      const slot = this.#table.find((takes[i] as Take).key);
      this.#slots[i] = slot;
      if (slot < 0) isMissing = true;
    }
    if (!isMissing) return;
    // The sweep may drop a counter that was just found.
    this.#table.sweep(nowUs);
    for (let i = 0; i < takes.length; i++) {
      const { key, meter } = takes[i] as Take;
      const slot = this.#table.find(key);
      this.#slots[i] = slot < 0 ? this.#table.add(key, meter, nowUs) : slot;
    }
  }

  /** Notes the level of one counter, and how long until it has room: 0 for now. */
  #measure(i: number, { meter }: Take, nowUs: number): void {
    const slot = this.#slots[i] as number;
    if (meter.isCount) {
      const count = this.#table.countAt(slot, meter);
      this.#levels[i] = count;
      const isFull = count >= meter.limit || (meter.part === 'live' && this.#tasks.size >= this.#maxKeys);
      this.#waits[i] = isFull ? FULL : 0;
    } else {
      const debtUs = toDebtUs(this.#table.valueAt(slot), nowUs, meter.rate);
      this.#levels[i] = debtUs;
      this.#waits[i] = toWaitUs(debtUs, meter.rate);
    }
  }

  #commit(lease: QuotaLease, i: number, { meter }: Take, nowUs: number): void {
    const slot = this.#slots[i] as number;
    const level = this.#levels[i] as number;
    if (!meter.isCount) {
      this.#table.setValue(slot, nowUs + level + meter.rate.intervalUs);
      if (lease.levels !== undefined) lease.levels[i] = level + meter.rate.intervalUs;
      return;
    }
    this.#table.setValue(slot, this.#table.valueAt(slot) + 1);
    if (lease.levels !== undefined) lease.levels[i] = level + 1;
    if (meter.part === 'live') (lease.reserved ??= []).push(slot);
    else (lease.held ??= []).push(slot);
  }

  #decrement(slot: number): void {
    this.#table.setValue(slot, Math.max(this.#table.valueAt(slot) - 1, 0));
  }
}
