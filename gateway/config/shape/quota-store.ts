// `quotas.store`: where counters are kept.
import { isIP } from 'node:net';
import { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { exactlyOne } from './exactly-one.ts';
import { identifier } from './identifier.ts';
import { integer } from './integer.ts';
import { listOf } from './list-of.ts';
import { scalar } from './scalar.ts';
import { secret } from './secret.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { clientTls } from './tls.ts';

const SECRET = { secret: true } as const;
const URL_WORDS = 'a URL such as redis://:password@redis:6379/0, or rediss:// for TLS, without a query';
const REDIS_URL = /^rediss?:\/\/(?:[^\s/\\?#@]*@)?[^\s/\\?#@]+(?:\/\d{0,4})?$/;

const REDIS = text({
  description: 'URL of one server: redis:// or rediss://, with a password and the number of a database where needed.',
  expected: URL_WORDS,
  find: findRedisUrl,
});

const PREFIX = text({
  description: 'In front of every key, so that several gateways can share a server.',
  expected: '1 to 64 letters, digits, `:`, `.`, `_` or `-`',
  find: (value) => (/^[A-Za-z0-9:._-]{1,64}$/.test(value) ? value : undefined),
}).prefault('tollgate:');

const TLS = clientTls('How to speak TLS with the servers; {} for the public authorities of Node.').optional();

const LOGIN = {
  username: secret('The user, where the servers know several.').optional(),
  password: secret('The password.').optional(),
};

const MEMORY = section('Counters of this process alone.', {
  maxKeys: integer(
    'Most counters; beyond it the oldest are given up, never in favour of their owners.',
    1_000,
    100_000_000,
  ).prefault(1_000_000),
});

const SINGLE = section(
  'One server of Redis 6.2 or newer, or of Valkey.',
  { url: REDIS, tls: TLS, prefix: PREFIX },
  SECRET,
).superRefine((redis, ctx) => {
  if (typeof redis !== 'object' || redis === null || !('tls' in redis) || typeof redis.url !== 'string') return;
  if (redis.url.startsWith('redis:')) addProblem(ctx, ['tls'], 'needs a rediss:// URL');
}, ALWAYS);

const SENTINEL = section(
  'Servers that sentinels watch over.',
  {
    nodes: nodes('Addresses of the sentinels.', 26_379),
    name: identifier('What the sentinels call the group of servers.'),
    ...LOGIN,
    sentinelPassword: secret('The password of the sentinels themselves.').optional(),
    db: integer('Number of the database.', 0, 9_999).prefault(0),
    tls: TLS,
    prefix: PREFIX,
  },
  SECRET,
);

const CLUSTER = section(
  'A cluster.',
  {
    nodes: nodes('Addresses of some of its nodes; the others are found through them.', 6_379),
    ...LOGIN,
    tls: TLS,
    prefix: PREFIX,
  },
  SECRET,
);

const MAPPING = exactlyOne(
  section(
    'One kind of store.',
    { memory: MEMORY.optional(), redis: SINGLE.optional(), sentinel: SENTINEL.optional(), cluster: CLUSTER.optional() },
    { secret: true, expected: `memory, ${URL_WORDS}, or a mapping with memory, redis, sentinel or cluster` },
  ),
  'memory',
  'redis',
  'sentinel',
  'cluster',
);

/** A store that fits the shape. */
export type CheckedStore = z.output<typeof MAPPING>;

const WORD = scalar<CheckedStore>({
  description: 'memory, or the URL of a Redis server.',
  read: (raw) => {
    if (raw === 'memory') return { value: { memory: MEMORY.parse({}) } };
    const redis = typeof raw === 'string' ? SINGLE.safeParse({ url: raw }) : undefined;
    return redis?.success ? { value: { redis: redis.data } } : { expected: URL_WORDS };
  },
  schema: { anyOf: [{ enum: ['memory'] }, { type: 'string', pattern: '^rediss?://|\\$\\{' }] },
});

export const STORE = z
  .union([WORD, MAPPING])
  .meta({ description: 'Where counters are kept: memory, the URL of a Redis server, or a mapping.' });

function nodes(description: string, usual: number) {
  return listOf(description, node(usual), 'at least one address');
}

/** `host:port` as an object; IPv6 in brackets. */
function node(usual: number) {
  const expected = `a host and a port such as redis-1:${usual}, IPv6 in brackets`;
  return scalar({
    description: 'A host and a port.',
    read: (raw) => {
      const [, bracketed, name, digits] = (typeof raw === 'string' ? NODE.exec(raw) : null) ?? [];
      const port = Number(digits ?? usual);
      if (port < 1 || port > 65_535) return { expected };
      if (bracketed !== undefined) return isIP(bracketed) === 6 ? { value: { host: bracketed, port } } : { expected };
      return name === undefined ? { expected } : { value: { host: name, port } };
    },
    schema: { type: 'string' },
  });
}
const NODE = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?))(?::(\d{1,5}))?$/;

/** As it was written, when a client can take it apart. */
function findRedisUrl(value: string): string | undefined {
  const url = REDIS_URL.test(value) ? URL.parse(value) : null;
  if (url === null || url.hostname === '') return undefined;
  try {
    decodeURIComponent(url.username);
    decodeURIComponent(url.password);
    return value;
  } catch {
    return undefined;
  }
}
