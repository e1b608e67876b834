// How to reach Redis or Valkey, as the configuration hands it over. Holds secrets.

export type RedisSettings = RedisShared & (SingleRedis | SentinelRedis | ClusterRedis);

interface RedisShared {
  /** In front of every key; without braces. */
  readonly prefix: string;
  /** PEM contents; `{}` for TLS with the public authorities. A `rediss://` URL needs none. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** How long the store may take before it counts as slow. */
  readonly timeoutMs: number;
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

interface RedisNode {
  readonly host: string;
  readonly port: number;
}
