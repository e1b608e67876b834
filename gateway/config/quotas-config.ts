// How much anyone may take, checked: where counters are kept, and the rules. Holds secrets; never log one whole.
import type { Grant } from './grant-config.ts';

export interface QuotasConfig {
  readonly store: QuotaStoreConfig;
  /** How long the store may take before it counts as down. */
  readonly storeTimeoutMs: number;
  readonly onStoreFailure: 'allow' | 'deny';
  /** True: answers carry the fields `RateLimit` and `RateLimit-Policy`. */
  readonly headers: boolean;
  /** All that match a request apply. */
  readonly rules: readonly QuotaRule[];
}

export type QuotaStoreConfig = MemoryStoreConfig | RedisStoreConfig;

interface MemoryStoreConfig {
  readonly kind: 'memory';
  readonly maxKeys: number;
}

type RedisStoreConfig = { readonly kind: 'redis' } & RedisShared & (SingleRedis | SentinelRedis | ClusterRedis);

interface RedisShared {
  /** In front of every key; without braces. */
  readonly prefix: string;
  /** PEM contents; `{}` for TLS with the public authorities. A `rediss://` URL needs none. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

interface SingleRedis {
  readonly mode: 'single';
  /** `redis://` or `rediss://`, perhaps with a password and the number of a database. */
  readonly url: string;
}

interface SentinelRedis extends RedisLogin {
  readonly mode: 'sentinel';
  readonly sentinels: readonly RedisNode[];
  /** What the sentinels call the group of servers. */
  readonly name: string;
  readonly sentinelPassword?: string;
  readonly db: number;
}

interface ClusterRedis extends RedisLogin {
  readonly mode: 'cluster';
  readonly nodes: readonly RedisNode[];
}

interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** One limit. At least one of `rate`, `concurrent` and `tasks` is there. */
export interface QuotaRule {
  /** Unique among the rules. */
  readonly id: string;
  readonly per: QuotaSubject;
  /** Globs; an empty list matches everything. */
  readonly match: {
    readonly methods: readonly string[];
    readonly names: readonly string[];
    readonly endpoints: readonly string[];
  };
  /** Undefined: everyone. */
  readonly to: Grant | undefined;
  readonly rate: Rate | undefined;
  /** How many may come at once; there exactly when `rate` is. */
  readonly burst: number | undefined;
  readonly concurrent: number | undefined;
  readonly tasks: TaskLimits | undefined;
  readonly onStoreFailure: 'allow' | 'deny';
}

/** Whose share a rule counts. */
export type QuotaSubject =
  | { readonly by: 'principal' | 'client' | 'issuer' | 'endpoint' | 'address' }
  /** The name of a claim, or a dotted path. */
  | { readonly by: 'claim'; readonly claim: string };

export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

/** At least one of `live` and `start` is there. */
interface TaskLimits {
  /** Most tasks alive at once. */
  readonly live: number | undefined;
  readonly start: Rate | undefined;
  /** `inline`: a call beyond the limit goes on without the extension. */
  readonly overLimit: 'refuse' | 'inline';
  /** When the slot of a task without `ttlMs` is free again. */
  readonly longestLifeMs: number;
  /** How much earlier than `pollIntervalMs` a poll may come: a fraction of it, from 0 to 1. */
  readonly pollTolerance: number;
}
