// Values from the environment: what fills a variable, and that no error ever shows one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { interpolate } from '../../../gateway/config/interpolate.ts';
import { LEAST, LEAST_CLOSED, makeConfigDir } from './make-config-dir.ts';

const FILLED: readonly [string, string][] = [
  ['${A}', 'one'],
  ['x${A}y${B}z', 'xoneytwoz'],
  ['${A:-d}', 'one'],
  ['${NONE:-d}', 'd'],
  ['${NONE:-}', ''],
  ['${NONE:-a:-b c}', 'a:-b c'],
  ['${EMPTY}', ''],
  ['${EMPTY:-d}', 'd'],
  ['$$', '$'],
  ['$${A}', '${A}'],
  ['$$${A}', '$one'],
  ['$5 and $A', '$5 and $A'],
  ['${TRICKY}', '${A} $$'],
];
for (const [text, expected] of FILLED) {
  test(`${text} becomes ${JSON.stringify(expected)}`, () => {
    const filled = interpolate(text, { A: 'one', B: 'two', EMPTY: '', TRICKY: '${A} $$' });
    assert.equal(filled.ok && filled.text, expected);
  });
}

for (const text of ['${', '${}', '${A', '${A B}', '${1}', '${A-b}', '${A:-${B}}', '${A:-{}}', '${NONE}']) {
  test(`${text} is an error`, () => {
    assert.equal(interpolate(text, { A: 'one', B: 'two' }).ok, false);
  });
}

test('any text comes back when its dollars are doubled', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const filled = interpolate(text.replaceAll('$', '$$$$'), {});
      assert.equal(filled.ok && filled.text, text);
    }),
  );
});

test('any value comes through a variable as it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (value, fallback) => {
      const filled = interpolate(`\${V:-${fallback.replaceAll(/[{}]/g, '')}}`, { V: value });
      assert.equal(filled.ok && filled.text, value);
    }),
  );
});

test('variables fill numbers, booleans, words and lists, in block and flow style, quoted or not', (t) => {
  const env = { PORT: '8181', YES: 'true', LEVEL: 'warn', HOST: 'a.test', GRACE: '1m' };
  const config = makeConfigDir(t).load(
    `
listen: { port: \${PORT}, host: "\${LISTEN:-0.0.0.0}" }
admin:
  port: \${ADMIN:-9999}
allowedHosts: [\${HOST}, 'x.\${HOST}', \${NONE:-b.test:80}]
identity: {anonymous: \${YES}}
drain: { grace: \${GRACE} }
telemetry: { log: { level: \${LEVEL} } }
${LEAST_CLOSED}`,
    env,
  );
  assert.equal(config.listen.port, 8181);
  assert.equal(config.listen.host, '0.0.0.0');
  assert.equal(config.admin.port, 9999);
  assert.deepEqual(config.allowedHosts, ['a.test', 'x.a.test', 'b.test:80']);
  assert.equal(config.identity.anonymous, true);
  assert.equal(config.drain.graceMs, 60_000);
  assert.equal(config.telemetry.log.level, 'warn');
});

test('a variable cannot bring YAML of its own', (t) => {
  const env = { HOST: 'a.test]\nidentity: { anonymous: true }' };
  assert.match(
    makeConfigDir(t).refuse(`allowedHosts: [\${HOST}]\n${LEAST}`, env)[0] ?? '',
    /^1:16 allowedHosts\[0\]: expected a host/,
  );
});

test('a missing variable is one error at its place, and nothing is said of its value', (t) => {
  assert.deepEqual(makeConfigDir(t).refuse(`workers: \${N}\n${LEAST}`), [
    '1:1 workers: the environment variable N is not set and has no default',
  ]);
});

test('an error never shows what a variable gave', (t) => {
  const dir = makeConfigDir(t);
  const V = 'topsecret';
  const yaml = `
listen: { host: "\${V} ", port: \${V}, tls: { cert: \${V}, key: \${V}.key } }
admin: { port: "1\${V}" }
publicUrl: https://\${V}/
allowedHosts: ["\${V}/"]
allowedOrigins: \${V}
limits: \${V}
workers: \${V}
drain: { grace: \${V:-1s} }
identity: { anonymous: \${V} }
upstreams:
  a: { instances: ["http://\${V}", "http://\${V}/", "https://\${V}", "ftp://\${V}"], balance: \${V}, tls: { ca: \${V} } }
  b: { dns: { url: "http://\${V}?" }, health: { ejectAtMost: \${V} } }
  c: \${V}
endpoints:
  /mcp: { upstream: \${V}, resource: "\${V}#" }
  /r: { routes: [{ match: { methods: [\${V}], params: { A: "\\0\${V}" } }, upstream: \${V} }] }
extensions: { a/b: { to: { everyone: \${V} } } }
telemetry: { log: { level: \${V}, format: \${V} } }
`;
  const errors = dir.refuse(yaml, { V });
  assert.ok(errors.length > 20);
  assert.ok(!errors.join('\n').includes(V), errors.join('\n'));
  assert.ok(
    errors.includes('16:11 endpoints./mcp.upstream: names no upstream what `${V}` gives; expected one of a, b, c'),
  );
});
