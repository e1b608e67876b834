// Connects to one Redis, to the master that sentinels name, or to a cluster; a command fails at once when that is down.
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from './redis-settings.ts';

export type RedisClient = Redis | Cluster;

const LONGEST_PAUSE_MS = 1000;
const CONNECT_TIMEOUT_MS = 2000;

/**
 * Nothing waits in queues here: a command that cannot be sent fails, and one whose connection breaks is not sent again,
 * because it may have been carried out. Commands of one turn of the event loop travel together.
 */
export function makeRedisClient(settings: RedisSettings): RedisClient {
  const { tls, timeoutMs } = settings;
  const secure = tls === undefined ? {} : { tls };
  const options = {
    ...secure,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A connection that answers nothing for so long is replaced.
    socketTimeout: Math.max(20 * timeoutMs, 3000),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A master that became a replica: find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
  const shared = { enableOfflineQueue: false, enableAutoPipelining: true };
  switch (settings.mode) {
    case 'single':
      return new Redis(settings.url, { ...options, ...shared, retryStrategy: pause });
    case 'sentinel': {
      const { sentinels, name, db, sentinelPassword } = settings;
      return new Redis({
        ...options,
        ...shared,
        ...toLogin(settings),
        ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
        ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
        sentinels: sentinels.map(({ host, port }) => ({ host, port })),
        name,
        db,
        retryStrategy: pause,
        sentinelRetryStrategy: pause,
      });
    }
    case 'cluster':
      return new Cluster(
        settings.nodes.map(({ host, port }) => ({ host, port })),
        {
          ...shared,
          redisOptions: { ...options, ...toLogin(settings) },
          // A certificate names hosts, not addresses.
          ...(tls === undefined ? {} : { dnsLookup: (address, done) => done(null, address) }),
          clusterRetryStrategy: pause,
          clusterNodeRetryStrategy: pause,
          slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
          maxRedirections: 4,
          retryDelayOnFailover: 0,
          retryDelayOnClusterDown: 0,
        },
      );
  }
}

/** How long to wait before connecting again. */
function pause(times: number): number {
  return Math.min(50 * times, LONGEST_PAUSE_MS);
}

function toLogin({ username, password }: { readonly username?: string; readonly password?: string }): {
  username?: string;
  password?: string;
} {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}
