// What is refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST, makeConfigDir } from './make-config-dir.ts';

/** Put before the least configuration; the whole set of errors it must give. */
const REFUSED: readonly [string, string, RegExp][] = [
  [
    'a port out of range',
    'listen: { port: 65536 }',
    /^1:11 listen\.port: expected a whole number from 0 to 65535, found the number `65536`$/,
  ],
  ['a negative port', 'listen: { port: -1 }', /listen\.port: .* found the number `-1`$/],
  ['a fractional number', 'workers: 1.5', /^1:1 workers: .*found the number `1\.5`$/],
  ['an infinite number', 'workers: .inf', /found the number `\.inf`$/],
  ['a number too large to be exact', 'workers: 99999999999999999999', /workers: expected a whole number from 1 to 256/],
  ['a host with a port', 'listen: { host: "127.0.0.1:80" }', /listen\.host: expected an IP address or a host name/],
  ['a section without contents', 'limits:', /^1:1 limits: expected a mapping, found nothing$/],
  ['a list for a section', 'limits: []', /limits: expected a mapping, found an empty list$/],
  ['a path in publicUrl', 'publicUrl: https://a.test/', /publicUrl: .* found `https:\/\/a\.test\/`$/],
  ['another scheme in publicUrl', 'publicUrl: ftp://a.test', /publicUrl: expected an http or https origin/],
  ['a user name in publicUrl, without printing it', 'publicUrl: https://me:pw@a.test', /found `https:\/\/…@a\.test`$/],
  [
    'an empty list of hosts',
    'allowedHosts: []',
    /allowedHosts: expected at least one host, or "\*", found an empty list$/,
  ],
  ['a URL as a host', 'allowedHosts: [http://a.test]', /^1:16 allowedHosts\[0\]: expected a host such as/],
  ['a wildcard host', 'allowedHosts: ["*.a.test"]', /allowedHosts\[0\]: expected a host/],
  ['a host with an impossible port', 'allowedHosts: ["a.test:70000"]', /allowedHosts\[0\]/],
  ['a wildcard origin', 'allowedOrigins: ["*"]', /there is no wildcard, found `\*`$/],
  ['the null origin', 'allowedOrigins: ["null"]', /allowedOrigins\[0\]/],
  ['an origin with a path', 'allowedOrigins: [https://a.test/x]', /allowedOrigins\[0\]/],
  [
    'a size without a unit',
    'limits: { body: 1024 }',
    /limits\.body: expected a size such as .* found the number `1024`$/,
  ],
  ['a size in decimal units', 'limits: { body: 1MB }', /found `1MB`$/],
  ['a size of nothing', 'limits: { body: 0B }', /larger than 0/],
  ['a duration that timers cannot hold', 'limits: { requestTimeout: 597h }', /at most 596h, found `597h`$/],
  ['a duration of nothing where one is needed', 'limits: { requestTimeout: 0 }', /longer than 0/],
  ['a date', 'drain: { grace: 2020-01-01 }', /drain\.grace: expected a duration .* found `2020-01-01`$/],
  [
    'an unknown level',
    'telemetry: { log: { level: verbose } }',
    /expected one of trace, debug, info, warn, error, fatal, found `verbose`$/,
  ],
  ['one port for both listeners', 'admin: { port: 8080 }', /^1:10 admin\.port: is the port of `listen` too/],
  ['one port for both listeners behind a wildcard', 'admin: { port: 8080, host: "::" }', /admin\.port/],
  ['a mistyped key', 'limts: {}', /^1:1 limts: unknown key `limts`; did you mean `limits`\?$/],
  ['a mistyped key inside', 'limits: { requestTimeuot: 1s }', /did you mean `requestTimeout`\?$/],
  ['a key like no other', 'zzz: 1', /^1:1 zzz: unknown key `zzz`; expected one of listen, admin, publicUrl,/],
  ['a key of another letter case', 'Workers: 1', /did you mean `workers`\?$/],
  ['a merge key', 'limits: { <<: {} }', /limits\.<<: unknown key `<<`/],
  ['a key with a line break', '"a\\nb": 1', /^1:1 a\\u\{a\}b: unknown key `a\\u\{a\}b`/],
  [
    'a proxy that is a name',
    'listen: { trustedProxies: [proxy] }',
    /^1:28 listen\.trustedProxies\[0\]: expected an IP/,
  ],
  ['a block of everything', 'listen: { trustedProxies: [0.0.0.0/0] }', /trustedProxies\[0\]: expected an IP address/],
  ['a block beyond its family', 'listen: { trustedProxies: [10.0.0.0/33] }', /trustedProxies\[0\]: expected an IP/],
  ['a block with two sizes', 'listen: { trustedProxies: [10.0.0.0/8/8] }', /trustedProxies\[0\]: expected an IP/],
  ['a proxy with a zone', 'listen: { trustedProxies: ["fe80::1%eth0"] }', /trustedProxies\[0\]: expected an IP/],
  ['no requests in work', 'limits: { inFlight: 0 }', /limits\.inFlight: expected a whole number from 1/],
  [
    'less room for bodies than one may take',
    'limits: { body: 2MiB, queuedBytes: 1MiB }',
    /^1:23 limits\.queuedBytes: is less than `limits\.body`: the largest body could never be held$/,
  ],
  ['a key of _meta with two slashes', 'meta: { allow: [a/b/c] }', /^1:17 meta\.allow\[0\]: expected a key of `_meta`/],
  ['a reserved key of _meta', 'meta: { allow: [io.modelcontextprotocol/x] }', /meta\.allow\[0\]: expected a key/],
  [
    'a reserved prefix in a glob',
    'meta: { allow: ["com.mcp.x/*"] }',
    /meta\.allow\[0\]: .* that the protocol reserves/,
  ],
  ['another mode for _meta', 'meta: { mode: keep }', /meta\.mode: expected one of remove, strict, found `keep`$/],
  [
    'an extension without a prefix',
    'extensions: { tasks: { to: { everyone: true } } }',
    /extensions\.tasks: is not a valid name here/,
  ],
  [
    'an extension for nobody',
    'extensions: { a/b: { to: { everyone: false } } }',
    /everyone: expected true, found the boolean `false`$/,
  ],
  [
    'an extension for nobody at all',
    'extensions: { a/b: { to: {} } }',
    /^1:22 extensions\.a\/b\.to: must say whom: expected everyone: true, or at least one of scopes, groups,/,
  ],
  ['an extension without to', 'extensions: { a/b: {} }', /extensions\.a\/b\.to: is required/],
];
for (const [what, yaml, expected] of REFUSED) {
  test(`${what} is refused with its place: ${JSON.stringify(yaml)}`, (t) => {
    const errors = makeConfigDir(t).refuse(`${yaml}\n${LEAST}`);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

test('a file without upstreams and endpoints says that both are required', (t) => {
  const dir = makeConfigDir(t);
  assert.deepEqual(dir.refuse('identity: { anonymous: true }\n'), [
    '1:1 upstreams: is required: expected a mapping',
    '1:1 endpoints: is required: expected a mapping',
  ]);
  assert.deepEqual(dir.refuse('upstreams: {}\nendpoints: {}\nidentity: { anonymous: true }\n'), [
    '1:1 upstreams: expected at least one upstream, found a mapping',
    '2:1 endpoints: expected at least one endpoint, found a mapping',
  ]);
});

test('all errors are told at once, in the order of the file, also those that need other sections', (t) => {
  const errors = makeConfigDir(t).refuse(`identity: { anonymous: true }
listen: { port: 8080x, tls: { cert: missing.pem, key: missing.key } }
admin: { hst: x }
workers: 0
upstreams:
  a: { instances: [http://a/, ftp://b, http://a/], balance: best, tls: { ca: x.pem } }
  "b c": { dns: {} }
endpoints:
  /mcp: { upstream: gone, resource: x }
  mcp:
    routes: [{ match: { methods: [nope] }, upstream: gone }]
sealing: { keys: x }
`);
  assert.deepEqual(
    errors.map((error) => error.slice(0, error.indexOf(': '))),
    [
      '2:11 listen.port',
      '3:10 admin.hst',
      '4:1 workers',
      '6:31 upstreams.a.instances[1]',
      '6:40 upstreams.a.instances[2]',
      '6:52 upstreams.a.balance',
      '6:67 upstreams.a.tls',
      '7:3 upstreams.b c',
      '7:12 upstreams.b c.dns.url',
      '9:11 endpoints./mcp.upstream',
      '9:27 endpoints./mcp.resource',
      '10:3 endpoints.mcp',
      '11:35 endpoints.mcp.routes[0].match.methods[0]',
      '11:44 endpoints.mcp.routes[0].upstream',
      '12:12 sealing.keys',
    ],
  );
});
