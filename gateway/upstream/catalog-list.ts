// What is known of one list of an upstream, by name: filled by fetches of the gateway's own and by lists that pass through it.
import type { ListEnd } from './fetch-list.ts';

/** `absent`: the whole list was read just now, and the name is not on it. `unsure`: it could not be read whole. */
export type Knowledge = 'known' | 'absent' | 'unsure';

export interface CatalogListDeps<T, R> {
  /** Reads the list, and names each item to `onItem`; with the credential of that caller where one is needed. Never rejects. */
  readonly fetch: (caller: R | undefined, onItem: (name: string, value: T) => void) => Promise<ListEnd>;
  /**
   * Callers who may see lists of their own are told apart by this number, from 0 up to, not including, `groups`; one group when all
   * see the same.
   */
  readonly groupOf: (caller: R | undefined) => number;
  readonly groups: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly random: () => number;
}

const MAX_ENTRIES = 10_000;
const MAX_NAME_LENGTH = 1024;
/** A list is not read more often than this, whatever is asked for; after failures, up to the longest. */
const COOL_DOWN_MS = 10_000;
const LONGEST_COOL_DOWN_MS = 60_000;
/** Bounds of the server's `ttlMs`. */
const SHORTEST_FRESH_MS = 30_000;
const LONGEST_FRESH_MS = 3_600_000;
/** An item that only some lists show is kept for so long after the last one that did. */
const KEPT_MS = 3_600_000;

interface Entry<T> {
  value: T;
  /** When a list that may not be everybody's showed it last; -Infinity: never. */
  seenMs: number;
}

interface Group {
  flight: Promise<void> | undefined;
  failures: number;
  /** No fetch before this. */
  restUntilMs: number;
  freshUntilMs: number;
  readWhole: boolean;
}

/** T: what is known of an item. R: a caller whose credential a fetch may need. */
export class CatalogList<T, R> {
  private entries = new Map<string, Entry<T>>();
  /** Made when asked for, until a name joins or leaves. */
  private names: readonly string[] | undefined;
  private readonly deps: CatalogListDeps<T, R>;
  private readonly groups: readonly Group[];

  constructor(deps: CatalogListDeps<T, R>) {
    this.deps = deps;
    this.groups = Array.from({ length: deps.groups }, () => ({
      flight: undefined,
      failures: 0,
      restUntilMs: Number.NEGATIVE_INFINITY,
      freshUntilMs: Number.NEGATIVE_INFINITY,
      readWhole: false,
    }));
  }

  find(name: string): T | undefined {
    return this.entries.get(name)?.value;
  }

  /** A list that passed through the gateway showed this; it may be filtered for one caller, so it says nothing of other names. */
  learn(name: string, value: T): void {
    const seenMs = this.deps.now();
    const entry = this.entries.get(name);
    if (entry !== undefined) {
      entry.value = value;
      entry.seenMs = seenMs;
    } else if (this.entries.size < MAX_ENTRIES && name.length <= MAX_NAME_LENGTH) {
      this.entries.set(name, { value, seenMs });
      this.names = undefined;
    }
  }

  /**
   * Finds an item; when it is not known and the list was not read just now, reads it once for all who wait. One that is known is
   * given at once, and read again in the background when the list is no longer fresh.
   */
  require(name: string, caller: R): T | undefined | Promise<T | undefined> {
    const entry = this.entries.get(name);
    const group = this.groupOf(caller);
    if (entry !== undefined) {
      if (this.deps.now() >= group.freshUntilMs) void this.refresh(caller);
      return entry.value;
    }
    return this.mayFetch(group) ? this.refresh(caller).then(() => this.find(name)) : undefined;
  }

  /** Says what is known of a name, after what `require` does. */
  judge(name: string, caller: R): Knowledge | Promise<Knowledge> {
    const found = this.require(name, caller);
    return found instanceof Promise ? found.then(() => this.toKnowledge(name, caller)) : this.toKnowledge(name, caller);
  }

  /** True when the last reading was whole, and what was not on it does not exist for any caller. */
  isWhole(caller: R | undefined): boolean {
    return this.groups.length === 1 && this.groupOf(caller).readWhole;
  }

  /**
   * Every name, the same array until one joins or leaves; undefined while they are not all known. Then, and when they are no longer
   * fresh, the list is read in the background.
   */
  allNames(): readonly string[] | undefined {
    const [group, ...others] = this.groups;
    if (group === undefined || others.length > 0) return undefined;
    if (this.deps.now() >= group.freshUntilMs) void this.refresh(undefined);
    if (!group.readWhole) return undefined;
    this.names ??= [...this.entries.keys()];
    return this.names;
  }

  /** Reads the list, unless it was read just now; those who ask meanwhile wait for the same reading. Never rejects. */
  refresh(caller: R | undefined): Promise<void> {
    const group = this.groupOf(caller);
    if (!this.mayFetch(group)) return Promise.resolve();
    group.flight ??= this.fetch(group, caller).finally(() => {
      group.flight = undefined;
    });
    return group.flight;
  }

  private groupOf(caller: R | undefined): Group {
    return this.groups[this.deps.groupOf(caller)] as Group;
  }

  private mayFetch(group: Group): boolean {
    return group.flight !== undefined || this.deps.now() >= group.restUntilMs;
  }

  private toKnowledge(name: string, caller: R): Knowledge {
    if (this.entries.has(name)) return 'known';
    return this.isWhole(caller) ? 'absent' : 'unsure';
  }

  private async fetch(group: Group, caller: R | undefined): Promise<void> {
    const items = new Map<string, T>();
    let fits = true;
    const { outcome, ttlMs = 0 } = await this.deps.fetch(caller, (name, value) => {
      if (items.size < MAX_ENTRIES && name.length <= MAX_NAME_LENGTH) items.set(name, value);
      else fits = false;
    });
    group.readWhole = outcome === 'whole' && fits;
    // A list of one caller's own says nothing of what others may see.
    this.merge(items, group.readWhole && this.groups.length === 1);
    this.rest(group, outcome === 'failed', ttlMs);
  }

  /** Replaces the list in one step. What only some lists show stays for a while: it may be there for some callers only. */
  private merge(items: ReadonlyMap<string, T>, isWhole: boolean): void {
    const now = this.deps.now();
    const next = new Map<string, Entry<T>>();
    for (const [name, value] of items) {
      const before = this.entries.get(name)?.seenMs ?? Number.NEGATIVE_INFINITY;
      next.set(name, { value, seenMs: isWhole ? before : now });
    }
    for (const [name, entry] of this.entries) {
      if (next.size >= MAX_ENTRIES) break;
      const wasListed = entry.seenMs === Number.NEGATIVE_INFINITY;
      const stays = wasListed ? !isWhole : now - entry.seenMs < KEPT_MS;
      if (stays && !next.has(name)) next.set(name, entry);
    }
    this.entries = next;
    this.names = undefined;
  }

  /** Spread in time, so that many gateways do not ask at once (server/utilities/caching, "Time-to-Live"). */
  private rest(group: Group, failed: boolean, ttlMs: number): void {
    const now = this.deps.now();
    group.failures = failed ? group.failures + 1 : 0;
    const restMs = Math.min(COOL_DOWN_MS * 2 ** Math.max(0, group.failures - 1), LONGEST_COOL_DOWN_MS);
    const freshMs = failed ? restMs : Math.min(Math.max(ttlMs, SHORTEST_FRESH_MS), LONGEST_FRESH_MS);
    const spread = 1 - 0.1 * this.deps.random();
    group.restUntilMs = now + restMs * spread;
    group.freshUntilMs = now + freshMs * spread;
  }
}
