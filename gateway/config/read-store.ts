// Makes the checked form of `quotas.store`, with what its files say.
import type { Path } from './problem.ts';
import type { QuotaStoreConfig } from './quotas-config.ts';
import type { Reader } from './reader.ts';
import type { CheckedStore } from './shape/quota-store.ts';

type Login = Pick<NonNullable<CheckedStore['sentinel']>, 'username' | 'password'>;
type Shared = Pick<NonNullable<CheckedStore['redis']>, 'tls' | 'prefix'>;

/** Takes a store that fits the shape and stands at `path`. */
export function readStore(
  { memory, redis, sentinel, cluster }: CheckedStore,
  path: Path,
  reader: Reader,
): QuotaStoreConfig {
  const shared = ({ tls, prefix }: Shared, at: Path) => ({
    prefix,
    ...(tls && { tls: reader.tls(tls, [...at, 'tls']) }),
  });
  const login = ({ username, password }: Login, at: Path) => ({
    ...(username !== undefined && { username: reader.secret(username, [...at, 'username']) }),
    ...(password !== undefined && { password: reader.secret(password, [...at, 'password']) }),
  });
  if (redis !== undefined) {
    return { kind: 'redis', mode: 'single', url: redis.url, ...shared(redis, [...path, 'redis']) };
  }
  if (sentinel !== undefined) {
    const at = [...path, 'sentinel'];
    const { nodes, name, db, sentinelPassword } = sentinel;
    return {
      kind: 'redis',
      mode: 'sentinel',
      sentinels: nodes,
      name,
      db,
      ...(sentinelPassword !== undefined && {
        sentinelPassword: reader.secret(sentinelPassword, [...at, 'sentinelPassword']),
      }),
      ...login(sentinel, at),
      ...shared(sentinel, at),
    };
  }
  if (cluster !== undefined) {
    const at = [...path, 'cluster'];
    return { kind: 'redis', mode: 'cluster', nodes: cluster.nodes, ...login(cluster, at), ...shared(cluster, at) };
  }
  return { kind: 'memory', maxKeys: memory?.maxKeys ?? 0 };
}
