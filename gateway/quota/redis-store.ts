// Counters in Redis, shared by all replicas: one script per admission, on the clock of the server.
import type { CounterKey } from './counter-key.ts';
import { LiveTaskSets } from './live-task-sets.ts';
import { OpenLeases } from './open-leases.ts';
import type { QuotaLease } from './quota-lease.ts';
import type { BegunTask, LiveTasks, QuotaStore, Take, Verdict } from './quota-store.ts';
import { type Argument, RedisCalls, type RedisCallsDeps } from './redis-calls.ts';
import { END, KEEP, RENEW, TAKE } from './redis-scripts.ts';
import type { RedisSettings } from './redis-settings.ts';
import { toShortfall } from './to-shortfall.ts';

export interface RedisStoreDeps extends RedisCallsDeps {
  /** Unique among all processes that ever share this store; letters and digits. */
  readonly processId: string;
  /** How long a lease lasts whose process died; undefined: half a minute. */
  readonly leaseMs?: number;
}

const LEASE_MS = 30_000;
/** Of its life, how old a lease gets before it is renewed: four rounds may fail. */
const RENEWALS_PER_LIFE = 6;
/** Leases renewed by one script, so that none holds up the server. */
const RENEW_AT_ONCE = 64;

export class RedisStore implements QuotaStore {
  readonly #calls: RedisCalls;
  readonly #prefix: string;
  readonly #deps: RedisStoreDeps;
  readonly #leases = new OpenLeases();
  readonly #live: LiveTaskSets;
  /** Tasks that began while the store did not answer, by their name; tried again until it does. */
  readonly #unkept = new Map<string, { readonly lease: QuotaLease; readonly task: BegunTask }>();
  #stopRenewing: (() => void) | undefined;
  readonly #leaseMs: number;
  readonly #renewEveryMs: number;
  #leaseCount = 0;

  constructor(settings: RedisSettings, deps: RedisStoreDeps) {
    this.#deps = deps;
    this.#prefix = settings.prefix;
    this.#calls = new RedisCalls(settings, deps);
    this.#live = new LiveTaskSets({ calls: this.#calls, prefix: settings.prefix, startTimer: deps.startTimer });
    this.#leaseMs = deps.leaseMs ?? LEASE_MS;
    this.#renewEveryMs = this.#leaseMs / RENEWALS_PER_LIFE;
  }

  /** Settles when the first connection stands, or after `withinMs`: a process that has just started should not refuse at once. */
  connected(withinMs: number): Promise<boolean> {
    return this.#calls.connected(withinMs);
  }

  async take(lease: QuotaLease): Promise<Verdict> {
    const { claim } = lease;
    const { takes, plain, poll } = claim;
    const keys = takes.map(({ key }) => this.#toKey(key));
    if (poll !== undefined) keys.push(this.#toKey(poll));
    const holds = takes.some(({ meter }) => meter.isCount);
    if (holds) lease.member = `${this.#deps.processId}.${(this.#leaseCount++).toString(36)}`;
    const args: Argument[] = [plain, lease.member, this.#leaseMs * 1000, poll === undefined ? 0 : 1];
    for (const { meter } of takes) {
      if (meter.isCount) args.push('c', meter.limit, 0, meter.isInline ? 1 : 0);
      else args.push('r', meter.rate.intervalUs, meter.rate.burstUs, meter.isInline ? 1 : 0);
    }
    const reply = await this.#calls.run<readonly number[]>(TAKE, keys, args, (late) => {
      // The request has gone on without it.
      if (holds && late[0] !== 0) this.#remove(lease, findHeld(lease, late[0] === 2));
    });
    return this.#conclude(lease, holds, reply);
  }

  giveBack(lease: QuotaLease): void {
    if (lease.place < 0) return;
    if (!lease.isUnkept) this.#leases.remove(lease);
    this.#remove(lease, findHeld(lease, lease.inline || lease.isKept));
  }

  keepTask(lease: QuotaLease, task: BegunTask): void {
    const { takes, plain } = lease.claim;
    const live = takes.slice(plain).filter(({ meter }) => meter.isCount);
    if (live.length === 0 && task.pollEveryUs === 0) return;
    const toLifeUs = ({ meter }: Take): number => Math.min(task.ttlUs ?? meter.longestLifeUs, meter.longestLifeUs);
    const keys = [task.key, ...live.map(({ key }) => key)].map((key) => this.#toKey(key));
    const lives = live.map(toLifeUs);
    const rememberUs = Math.max(...takes.slice(plain).map(toLifeUs));
    const { text } = task.key;
    const args = [lease.member, text, task.pollEveryUs, rememberUs, this.#live.toNames(live), ...lives];
    const conclude = (): void => {
      if (this.#kept(text, lease)) this.#live.add(task, live, lives);
    };
    // A server may give one id to two calls; the first lease must not be renewed for ever.
    const earlier = this.#unkept.get(text)?.lease;
    if (earlier !== undefined && earlier !== lease) this.#kept(text, earlier);
    this.#unkept.set(text, { lease, task });
    lease.isUnkept = true;
    this.#renewLater();
    this.#calls.run(KEEP, keys, args, conclude).then(conclude, () => {});
  }

  endTask(key: CounterKey): void {
    const unkept = this.#unkept.get(key.text)?.lease;
    if (unkept !== undefined) {
      this.#kept(key.text, unkept);
      this.#remove(unkept, findReserved(unkept));
    }
    const task = this.#toKey(key);
    const end = async (): Promise<void> => {
      const [held, sets] = await this.#calls.call((client) => client.hmget(task, 'k', 's'));
      if (typeof held !== 'string') return;
      await this.#calls.run(END, [task, ...held.split(' ').filter((name) => name !== '')], [key.text]);
      this.#live.remove(key.text, sets ?? '');
    };
    end().catch(() => {});
  }

  async claimOnce(key: string, ttlMs: number): Promise<boolean> {
    const name = `${this.#prefix}once:${key}`;
    const reply = await this.#calls.call((client) => client.set(name, 1, 'PX', Math.max(1, Math.ceil(ttlMs)), 'NX'));
    return reply === 'OK';
  }

  watchLiveTasks(rules: readonly string[]): void {
    this.#live.watch(rules);
  }

  liveTasks(): readonly LiveTasks[] {
    return this.#live.counted;
  }

  close(): void {
    this.#live.close();
    this.#stopRenewing?.();
    this.#calls.close();
  }

  #conclude(lease: QuotaLease, holds: boolean, reply: readonly number[]): Verdict {
    const { claim } = lease;
    const count = claim.takes.length;
    const levels = Array.from({ length: count }, (_, i) => Number(reply[1 + i * 2]));
    if (lease.levels !== undefined) lease.levels.push(...levels);
    if (reply[0] !== 0) {
      const isInline = reply[0] === 2;
      if (holds && findHeld(lease, isInline).length > 0) this.#open(lease);
      return isInline ? 'inline' : 'taken';
    }
    const waits = Array.from({ length: count }, (_, i) => Number(reply[2 + i * 2]));
    return toShortfall(claim, waits, levels, Number(reply[2 + count * 2]), Number(reply[1 + count * 2]));
  }

  #open(lease: QuotaLease): void {
    lease.renewedMs = this.#deps.nowMs();
    this.#leases.add(lease);
    this.#renewLater();
  }

  #renewLater(): void {
    this.#stopRenewing ??= this.#deps.startTimer(this.#renewEveryMs, () => this.#renew());
  }

  /** Renews what is older than one round, each shard's counters together; stops when nothing is open. */
  #renew(): void {
    this.#stopRenewing = undefined;
    if (this.#leases.size === 0 && this.#unkept.size === 0) return;
    this.#renewLater();
    if (this.#calls.isOpen) return;
    for (const { lease, task } of this.#unkept.values()) this.keepTask(lease, task);
    const nowMs = this.#deps.nowMs();
    const batches = new Map<number, Batch>();
    for (const lease of this.#leases) {
      if (nowMs - lease.renewedMs < this.#renewEveryMs * 0.9) continue;
      lease.renewedMs = nowMs;
      const held = lease.isReleased
        ? findReserved(lease)
        : findHeld(lease, lease.inline || (lease.isKept && !lease.isUnkept));
      for (const { key } of held) {
        let batch = batches.get(key.shard);
        if (batch === undefined || batch.keys.length >= RENEW_AT_ONCE) {
          if (batch !== undefined) this.#sendRenewal(batch);
          batches.set(key.shard, (batch = { keys: [], members: [], leases: [] }));
        }
        batch.keys.push(this.#toKey(key));
        batch.members.push(lease.member);
        batch.leases.push(lease);
      }
    }
    for (const batch of batches.values()) this.#sendRenewal(batch);
  }

  #sendRenewal({ keys, members, leases }: Batch): void {
    this.#calls.run(RENEW, keys, [this.#leaseMs * 1000, ...members]).catch(() => {
      for (const lease of leases) lease.renewedMs = 0;
    });
  }

  /** @returns false when that was known already */
  #kept(text: string, lease: QuotaLease): boolean {
    if (this.#unkept.get(text)?.lease !== lease) return false;
    this.#unkept.delete(text);
    lease.isUnkept = false;
    if (lease.isReleased) this.#leases.remove(lease);
    return true;
  }

  /** Takes a lease's name out of counters. What fails here ends by itself, because nobody renews it. */
  #remove({ member }: QuotaLease, takes: readonly Take[]): void {
    for (const { key } of takes) this.#calls.tell((client) => client.zrem(this.#toKey(key), member));
  }

  #toKey(key: CounterKey): string {
    if (key.redisKey === '') key.redisKey = `${this.#prefix}{${key.shard}}:${key.text}`;
    return key.redisKey;
  }
}

interface Batch {
  readonly keys: string[];
  readonly members: string[];
  readonly leases: QuotaLease[];
}

/** What a lease holds at once; not what belongs to a task when that was not taken, or is the task's own. */
function findHeld({ claim }: QuotaLease, withoutTask: boolean): readonly Take[] {
  return claim.takes.filter(({ meter }, i) => meter.isCount && (i < claim.plain || !withoutTask));
}

function findReserved({ claim }: QuotaLease): readonly Take[] {
  return claim.takes.slice(claim.plain).filter(({ meter }) => meter.isCount);
}
