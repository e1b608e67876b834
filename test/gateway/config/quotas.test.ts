// What sound quotas become: stores of every kind, rules with their defaults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, LEAST, makeConfigDir } from './make-config-dir.ts';
import { CERT } from './pem-samples.ts';

const STORES: readonly [string, object][] = [
  ['memory', { kind: 'memory', maxKeys: 1_000_000 }],
  ['{ memory: {} }', { kind: 'memory', maxKeys: 1_000_000 }],
  ['{ memory: { maxKeys: 1000 } }', { kind: 'memory', maxKeys: 1_000 }],
  [
    'redis://me:p%40ss@r.test:6379/3',
    { kind: 'redis', mode: 'single', url: 'redis://me:p%40ss@r.test:6379/3', prefix: 'tollgate:' },
  ],
  ['"rediss://[::1]"', { kind: 'redis', mode: 'single', url: 'rediss://[::1]', prefix: 'tollgate:' }],
  ['"${URL}"', { kind: 'redis', mode: 'single', url: 'redis://:pw@r.test', prefix: 'tollgate:' }],
  [
    '{ redis: { url: "rediss://r.test", tls: { ca: ca.pem }, prefix: "a:b" } }',
    { kind: 'redis', mode: 'single', url: 'rediss://r.test', tls: { ca: CERT }, prefix: 'a:b' },
  ],
  [
    '{ sentinel: { nodes: [s-1, "s-2:1", "[::1]:2"], name: main, username: u, password: { file: pw }, sentinelPassword: "${URL}", db: 2, tls: {} } }',
    {
      kind: 'redis',
      mode: 'sentinel',
      sentinels: [
        { host: 's-1', port: 26_379 },
        { host: 's-2', port: 1 },
        { host: '::1', port: 2 },
      ],
      name: 'main',
      username: 'u',
      password: 'from a file',
      sentinelPassword: 'redis://:pw@r.test',
      db: 2,
      tls: {},
      prefix: 'tollgate:',
    },
  ],
  [
    '{ cluster: { nodes: [c-1, "10.0.0.1:7000"], password: p } }',
    {
      kind: 'redis',
      mode: 'cluster',
      nodes: [
        { host: 'c-1', port: 6_379 },
        { host: '10.0.0.1', port: 7_000 },
      ],
      password: 'p',
      prefix: 'tollgate:',
    },
  ],
];
for (const [yaml, expected] of STORES) {
  test(`the store ${yaml} is read`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('ca.pem', CERT);
    dir.write('pw', ' from a file\n');
    const config = dir.load(`quotas: { store: ${yaml} }\n${KEYS}${LEAST}`, { URL: 'redis://:pw@r.test' });
    assert.deepEqual(config.quotas?.store, expected);
  });
}

test('quotas without contents count in memory, and limit nothing', (t) => {
  assert.deepEqual(makeConfigDir(t).load(`quotas: {}\n${LEAST}`).quotas, {
    store: { kind: 'memory', maxKeys: 1_000_000 },
    storeTimeoutMs: 50,
    onStoreFailure: 'allow',
    headers: false,
    rules: [],
  });
});

test('a rule takes over every key, and gets the defaults of the whole', (t) => {
  const { quotas } = makeConfigDir(t).load(`
quotas:
  storeTimeout: 1s
  onStoreFailure: deny
  headers: true
  rules:
    - { id: calls, per: principal, match: { methods: [tools/call] }, rate: 100/1m, burst: 20 }
    - { id: even, per: claim:realm.tenant, rate: 5/500ms, onStoreFailure: allow }
    - { id: width, per: address, match: { names: ["a*"], endpoints: ["/m*"] }, concurrent: 10, to: { groups: [g, g] } }
    - { id: live, per: client, tasks: { live: 5 } }
    - { id: all, per: issuer, tasks: { live: 1, start: 30/1h, overLimit: inline, longestLife: 1h, pollTolerance: 5% } }
extensions: { io.modelcontextprotocol/tasks: { to: { everyone: true } } }
${LEAST}`);
  assert.ok(quotas);
  const { rules, ...whole } = quotas;
  assert.deepEqual(whole, {
    store: { kind: 'memory', maxKeys: 1_000_000 },
    storeTimeoutMs: 1_000,
    onStoreFailure: 'deny',
    headers: true,
  });
  const any = { methods: [], names: [], endpoints: [] };
  const nothing = { rate: undefined, burst: undefined, concurrent: undefined, tasks: undefined };
  const rest = { ...nothing, match: any, to: undefined, onStoreFailure: 'deny' };
  const grant = {
    everyone: false,
    scopes: [],
    groups: ['g'],
    subjects: [],
    clients: [],
    issuers: [],
    claims: new Map(),
  };
  const life = { overLimit: 'refuse', longestLifeMs: 86_400_000, pollTolerance: 0.2 };
  assert.deepEqual(rules, [
    {
      ...rest,
      id: 'calls',
      per: { by: 'principal' },
      match: { ...any, methods: ['tools/call'] },
      rate: { count: 100, periodMs: 60_000 },
      burst: 20,
    },
    {
      ...rest,
      id: 'even',
      per: { by: 'claim', claim: 'realm.tenant' },
      rate: { count: 5, periodMs: 500 },
      burst: 5,
      onStoreFailure: 'allow',
    },
    {
      ...rest,
      id: 'width',
      per: { by: 'address' },
      match: { methods: [], names: ['a*'], endpoints: ['/m*'] },
      concurrent: 10,
      to: grant,
    },
    { ...rest, id: 'live', per: { by: 'client' }, tasks: { ...life, live: 5, start: undefined } },
    {
      ...rest,
      id: 'all',
      per: { by: 'issuer' },
      tasks: {
        live: 1,
        start: { count: 30, periodMs: 3_600_000 },
        overLimit: 'inline',
        longestLifeMs: 3_600_000,
        pollTolerance: 0.05,
      },
    },
  ]);
});

test('a rule for tasks is sound when one endpoint it matches has the extension', (t) => {
  const yaml = LEAST.replace(
    'upstream: a',
    'upstream: a, extensions: { io.modelcontextprotocol/tasks: { to: { everyone: true } } }',
  );
  const rule = 'id: a, per: principal, match: { endpoints: ["/*"], methods: ["tools/*"] }, tasks: { live: 1 }';
  const { quotas } = makeConfigDir(t).load(`quotas: { rules: [{ ${rule} }] }\n${yaml}  /b: { upstream: a }\n`);
  assert.equal(quotas?.rules.length, 1);
});
