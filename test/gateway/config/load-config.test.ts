// What a sound configuration becomes: defaults, units, normal forms.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { KEYS, LEAST, makeConfigDir, SEALING_SECRET } from './make-config-dir.ts';

const NOBODY = { everyone: false, scopes: [], groups: [], subjects: [], clients: [], issuers: [], claims: new Map() };
const EVERYONE = { ...NOBODY, everyone: true };

test('the least configuration gets every default of the contract', (t) => {
  const dir = makeConfigDir(t);
  const { digest, files, upstreams, endpoints, ...rest } = dir.load(LEAST);
  assert.deepEqual(rest, {
    listen: { host: '127.0.0.1', port: 8080, trustedProxies: [] },
    admin: { host: '127.0.0.1', port: 9464 },
    publicUrl: 'http://127.0.0.1:8080',
    allowedHosts: ['127.0.0.1:8080', 'localhost', '127.0.0.1', '[::1]'],
    allowedOrigins: [],
    limits: {
      bodyBytes: 1_048_576,
      headersBytes: 16_384,
      requestTimeoutMs: 10_000,
      connections: 10_000,
      inFlight: 10_000,
      queuedBytes: 268_435_456,
      eventLoopDelayMs: 500,
    },
    workers: 1,
    drain: { graceMs: 30_000, noticeMs: 0 },
    identity: {
      anonymous: true,
      clockSkewMs: 30_000,
      issuers: [],
      keys: { refreshMs: 600_000, cooldownMs: 30_000, staleForMs: 86_400_000, timeoutMs: 5_000, atStart: 'wait' },
      metadataPassage: false,
    },
    quotas: undefined,
    sealing: {
      keys: [],
      state: { ttlMs: 900_000, bindArguments: true, singleUse: false, maxResponsesBytes: 262_144 },
      tasks: { affinity: 'instance', longestLifeMs: 86_400_000 },
      handles: [],
    },
    telemetry: { log: { level: 'info', format: 'json' }, audit: undefined, traces: undefined },
  });
  assert.deepEqual(upstreams.get('a'), {
    name: 'a',
    source: { kind: 'fixed', instances: ['http://127.0.0.1:3001/mcp'] },
    balance: 'round-robin',
    paramHeaders: 'check',
    timeouts: { connectMs: 1_000, headersMs: 30_000, idleMs: 60_000, totalMs: 600_000 },
    health: { ejectAfter: 5, ejectForMs: 30_000, ejectAtMost: 0.5 },
    resource: undefined,
    credential: undefined,
  });
  assert.deepEqual(endpoints.get('/mcp'), {
    path: '/mcp',
    resource: 'http://127.0.0.1:8080/mcp',
    routes: [{ methods: [], names: [], params: new Map(), upstream: 'a' }],
    issuers: undefined,
    access: undefined,
    onDeny: 'challenge',
    extensions: new Map(),
    meta: { allow: [], mode: 'remove' },
  });
  assert.match(digest, /^[0-9a-f]{16}$/);
  assert.deepEqual(files, [dir.file]);
});

test('every key of this version is taken over', (t) => {
  const config = makeConfigDir(t).load(`
listen: { host: "::1", port: 8443, trustedProxies: [10.0.0.0/8, "fd00::1"] }
admin: { host: 0.0.0.0, port: 0 }
publicUrl: HTTPS://MCP.Example.com:443
allowedHosts: [MCP.example.com, "127.0.0.1:8080", "[::1]:8080"]
allowedOrigins: [https://app.example.com, "vscode-webview://Abc", http://localhost:5173]
limits: { body: 64KiB, headers: 512B, requestTimeout: 500ms, connections: 1, inFlight: 2, queuedBytes: 64KiB, eventLoopDelay: 0 }
workers: 4
drain: { grace: 1h, notice: 0 }
identity: { anonymous: true }
upstreams:
  one:
    dns: { url: http://one:3000/mcp }
    balance: least-requests
    paramHeaders: forward
    timeouts: { connect: 1ms, headers: 2s, idle: 3m, total: 4h }
    health: { active: { timeout: 2s }, ejectAfter: 1, ejectFor: 5s, ejectAtMost: 12.5% }
  two: { dns: { url: http://two/, refresh: 1m } }
endpoints:
  /:
    resource: urn:example:one
    upstream: one
  /deep/er/:
    routes:
      - match: { methods: [tools/call, "*/list"], names: ["files_*"], params: { Region: eu-* } }
        upstream: one
      - upstream: two
    onDeny: hide
    extensions: { io.modelcontextprotocol/ui: { to: { everyone: true } } }
    meta: { allow: [] }
meta: { allow: ["com.example/*", baggage], mode: strict }
extensions: { io.modelcontextprotocol/tasks: { to: { everyone: true } } }
telemetry: { log: { level: trace, format: pretty } }
${KEYS}`);
  const { upstreams, endpoints, digest, files, ...rest } = config;
  const { identity, sealing } = rest;
  assert.deepEqual(rest, {
    listen: { host: '::1', port: 8443, trustedProxies: ['10.0.0.0/8', 'fd00::1'] },
    admin: { host: '0.0.0.0', port: 0 },
    publicUrl: 'https://mcp.example.com',
    allowedHosts: ['mcp.example.com', '127.0.0.1:8080', '[::1]:8080'],
    allowedOrigins: ['https://app.example.com', 'vscode-webview://abc', 'http://localhost:5173'],
    limits: {
      bodyBytes: 65_536,
      headersBytes: 512,
      requestTimeoutMs: 500,
      connections: 1,
      inFlight: 2,
      queuedBytes: 65_536,
      eventLoopDelayMs: 0,
    },
    workers: 4,
    drain: { graceMs: 3_600_000, noticeMs: 0 },
    identity: { ...identity, anonymous: true },
    quotas: undefined,
    sealing: { ...sealing, keys: [{ id: 'k1', secret: SEALING_SECRET, openOnly: false }] },
    telemetry: { log: { level: 'trace', format: 'pretty' }, audit: undefined, traces: undefined },
  });
  assert.deepEqual(upstreams.get('one'), {
    name: 'one',
    source: { kind: 'dns', url: 'http://one:3000/mcp', refreshMs: 10_000 },
    balance: 'least-requests',
    paramHeaders: 'forward',
    timeouts: { connectMs: 1, headersMs: 2_000, idleMs: 180_000, totalMs: 14_400_000 },
    health: { active: { everyMs: 5_000, timeoutMs: 2_000 }, ejectAfter: 1, ejectForMs: 5_000, ejectAtMost: 0.125 },
    resource: undefined,
    credential: undefined,
  });
  assert.deepEqual(endpoints.get('/'), {
    path: '/',
    resource: 'urn:example:one',
    routes: [{ methods: [], names: [], params: new Map(), upstream: 'one' }],
    issuers: undefined,
    access: undefined,
    onDeny: 'challenge',
    extensions: new Map([['io.modelcontextprotocol/tasks', EVERYONE]]),
    meta: { allow: ['com.example/*', 'baggage'], mode: 'strict' },
  });
  assert.deepEqual(endpoints.get('/deep/er/'), {
    path: '/deep/er/',
    resource: 'https://mcp.example.com/deep/er/',
    routes: [
      { methods: ['tools/call', '*/list'], names: ['files_*'], params: new Map([['region', 'eu-*']]), upstream: 'one' },
      { methods: [], names: [], params: new Map(), upstream: 'two' },
    ],
    issuers: undefined,
    access: undefined,
    onDeny: 'hide',
    extensions: new Map([
      ['io.modelcontextprotocol/tasks', EVERYONE],
      ['io.modelcontextprotocol/ui', EVERYONE],
    ]),
    meta: { allow: [], mode: 'remove' },
  });
  assert.equal(digest.length, 16);
  assert.equal(files.length, 1);
});

const LOCAL = ['localhost', '127.0.0.1', '[::1]'];
const HOSTS: readonly [string, readonly string[] | 'any'][] = [
  ['publicUrl: https://mcp.example.com', ['mcp.example.com', '127.0.0.1:8080', ...LOCAL]],
  ['publicUrl: https://mcp.example.com:8443', ['mcp.example.com:8443', '127.0.0.1:8080', ...LOCAL]],
  ['listen: { host: "::1" }', ['[::1]:8080', ...LOCAL]],
  ['listen: { host: "0:0:0:0:0:0:0:1" }', ['[::1]:8080', '[0:0:0:0:0:0:0:1]:8080', ...LOCAL]],
  ['listen: { host: 127.8.9.10 }', ['127.8.9.10:8080', ...LOCAL]],
  ['listen: { host: localhost }', ['localhost:8080', ...LOCAL]],
  ['listen: { host: 0.0.0.0 }', ['0.0.0.0:8080', ...LOCAL]],
  ['listen: { host: "::" }', ['[::]:8080', ...LOCAL]],
  ['listen: { host: 10.0.0.1 }', ['10.0.0.1:8080']],
  ['listen: { host: 127.example.com }', ['127.example.com:8080']],
  ['listen: { host: mcp.internal }\npublicUrl: https://a.test', ['a.test', 'mcp.internal:8080']],
  ['listen: { port: 0 }\npublicUrl: http://a.test', ['a.test', '127.0.0.1', 'localhost', '[::1]']],
  ['allowedHosts: ["*"]', 'any'],
  ['allowedHosts: "*"', 'any'],
  ['allowedHosts: [a.test, "*"]', 'any'],
  ['allowedHosts: [A.test, a.test]', ['a.test']],
];
for (const [yaml, expected] of HOSTS) {
  test(`the hosts served with ${JSON.stringify(yaml)} are ${String(expected)}`, (t) => {
    assert.deepEqual(makeConfigDir(t).load(`${yaml}\n${LEAST}`).allowedHosts, expected);
  });
}

test('the public origin of a TLS listener without publicUrl is https', (t) => {
  const dir = makeConfigDir(t);
  assert.equal(dir.load(`listen: { port: 80 }\n${LEAST}`).publicUrl, 'http://127.0.0.1');
  assert.equal(dir.load(`listen: { host: "::" }\n${LEAST}`).publicUrl, 'http://[::]:8080');
});

test('anchors and aliases share values, and each place that uses them is checked', (t) => {
  const dir = makeConfigDir(t);
  const yaml = `identity: { anonymous: true }
upstreams:
  a: { instances: [http://a/mcp], timeouts: &t { connect: 2s } }
  b: { instances: [http://b/mcp], timeouts: *t }
endpoints: { /mcp: { upstream: a } }
`;
  assert.equal(dir.load(yaml).upstreams.get('b')?.timeouts.connectMs, 2_000);
  assert.deepEqual(
    dir.refuse(yaml.replace('2s', 'soon')).map((error) => error.split(':', 3).slice(0, 3).join(':')),
    [
      '3:50 upstreams.a.timeouts.connect: expected a duration such as 500ms, 30s, 5m or 1h, longer than 0, at most 596h, found `soon`',
      '3:50 upstreams.b.timeouts.connect: expected a duration such as 500ms, 30s, 5m or 1h, longer than 0, at most 596h, found `soon`',
    ],
  );
});

test('a byte order mark and CRLF line ends change nothing', (t) => {
  const dir = makeConfigDir(t);
  const plain = dir.load(LEAST);
  const windows = dir.load(`\uFEFF${LEAST.replaceAll('\n', '\r\n')}`);
  assert.deepEqual({ ...windows, digest: '' }, { ...plain, digest: '' });
  assert.match(dir.refuse(`\uFEFF${LEAST}nope: 1\n`.replaceAll('\n', '\r\n'))[0] ?? '', /^5:1 nope: /);
});

test('the digest changes with the text and with every variable used, and with nothing else', (t) => {
  const dir = makeConfigDir(t);
  const yaml = `workers: \${N:-2}\n${KEYS}${LEAST}`;
  const digests = [
    dir.load(yaml),
    dir.load(yaml, { N: '2' }),
    dir.load(yaml, { N: '3' }),
    dir.load(`${yaml}#\n`, { N: '3' }),
  ].map(({ digest }) => digest);
  assert.equal(new Set(digests).size, 4);
  assert.equal(dir.load(yaml, { N: '2', OTHER: 'x' }).digest, digests[1]);
});

test('a relative file name is reported as an absolute one', (t) => {
  const dir = makeConfigDir(t);
  assert.ok(dir.load(LEAST).files.every((file) => path.isAbsolute(file)));
});
