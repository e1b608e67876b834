// Whatever is wrong with a credential, and whatever else is: no error prints a secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LEAST, makeConfigDir } from './make-config-dir.ts';
import { KEY } from './pem-samples.ts';

const S = 'hunter2hunter2';
const toYaml = (credential: string): string => `
identity: { anonymous: true }
upstreams:
  a:
    instances: [https://a.test/mcp]
    credential: ${credential}
endpoints: { /mcp: { upstream: a } }
`;

const LEAKS: readonly string[] = [
  S,
  `bearer:${S}`,
  `[${S}]`,
  `{ bearer:${S} }`,
  `{ ${S}: bearer }`,
  `{ bearer: [${S}] }`,
  `{ bearer: { ${S} } }`,
  `{ bearer: { value: ${S} } }`,
  `{ bearer: { file:${S} } }`,
  `{ bearer: "${S}\\n" }`,
  `{ bearer: "${S}é" }`,
  `{ bearer: "${S}\${X}" }`,
  `{ bearer: "${S}\${X:-\u00e9}" }`,
  `{ bearer: "\${Y}" }`,
  `{ bearer: *${S} }`,
  `{ bearer: !${S} }`,
  `{ bearer: !!${S} x }`,
  `{ bearer: !<${S}> x }`,
  `{ bearer: @${S} }`,
  `{ bearer: "${S}" ${S} }`,
  `{ bearer: "\\${S}" }`,
  `{ bearer: '${S}' '${S}' }`,
  `{ bearer: |${S} }`,
  `|${S}\n      x`,
  `>-${S}\n      x`,
  `%${S}`,
  `"${S}" ${S}`,
  `[ ] ${S}`,
  `{ } ${S}`,
  `{ bearer: x } ${S}`,
  `{ bearer: 12345678901234567890, ${S}: 1, ${S}: 2 }`,
  `{ bearers: ${S} }`,
  `{ header: ${S} }`,
  `{ header: { name: X, valu: ${S} } }`,
  `{ header: { name: X, value: [${S}] } }`,
  `{ header: { name: X, value: " ${S}" } }`,
  `{ header: { value: ${S} } }`,
  `{ exchange: ${S} }`,
  `{ exchange: { clientSecret: "${S}\\0" } }`,
  `{ exchange: { clientSecret: { ${S}: x } } }`,
  `{ assertion: ${S} }`,
  `{ assertion: { key: ${S} } }`,
  `{ assertion: { key: "${S}\\n" } }`,
];
for (const credential of LEAKS) {
  test(`no error of ${JSON.stringify(credential)} shows the secret`, (t) => {
    const errors = makeConfigDir(t).refuse(toYaml(credential), { Y: `${S}\n` });
    assert.ok(errors.length > 0);
    assert.ok(!errors.join('\n').includes(S), errors.join('\n'));
  });
}

/** Whole lines of the file, each with a secret in a wrong place or of a wrong form. */
const ELSEWHERE: readonly string[] = [
  `quotas: { store: "redis:/:${S}@r.test" }`,
  `quotas: { store: "redis://:${S}@r.test:x" }`,
  `quotas: { store: redis://:${S}@r.test/x }`,
  `quotas: { store:redis://:${S}@r.test }`,
  `quotas: { store: [${S}] }`,
  `quotas: { store: { redis: ${S} } }`,
  `quotas: { store: { redis: { url: "http://:${S}@r.test" } } }`,
  `quotas: { store: { redis: { url:redis://:${S}@r.test } } }`,
  `quotas: { store: { redis://:${S}@r.test } }`,
  `quotas: { store: { sentinel: { nodes: ["${S}@a"], name: m, password: "${S}é" } } }`,
  `quotas: { store: { sentinel: { nodes: [a], name: m, sentinelPassword: [${S}] } } }`,
  `quotas: { store: { cluster: { nodes: [a], password:${S} } } }`,
  `quotas: { store: { cluster: { nodes: [a], passwort: ${S} } } }`,
  `quotas: { store: { cluster: { nodes: [a], password: *${S} } } }`,
  `quotas: { store: "\${Y}" }`,
  `sealing: ${S}`,
  `sealing: { ${S} }`,
  `sealing: { keys: ${S} }`,
  `sealing: { keys: [${S}] }`,
  `sealing: { keys: { k1: ${S} } }`,
  `sealing: { keys: [{ k1: ${S} }] }`,
  `sealing: { keys: [{ id: k, secret: ${S} }] }`,
  `sealing: { keys: [{ id: k, secret:${S} }] }`,
  `sealing: { keys: [{ id: k, secret: { file:${S} } }] }`,
  `sealing: { keys: [{ id: k, secret: { value: ${S} } }] }`,
  `telemetry: { traces: { otlp: "http://:${S}@c.test" } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: ${S} } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: { Authorization:${S} } } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: { "Authorization ${S}": x } } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: { Authorization: "${S}é" } } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: { Authorization: [${S}] } } }`,
  `telemetry: { traces: { otlp: http://c.test, headers: { Authorization: { ${S}: x } } } }`,
];
for (const line of ELSEWHERE) {
  test(`no error of ${JSON.stringify(line)} shows the secret`, (t) => {
    const errors = makeConfigDir(t).refuse(`${line}\n${LEAST}`, { Y: `redis:${S}` });
    assert.ok(errors.length > 0);
    assert.ok(!errors.join('\n').includes(S), errors.join('\n'));
  });
}

test('a file of secrets is never quoted, whatever it holds', (t) => {
  const dir = makeConfigDir(t);
  for (const contents of [
    `${S}\n${S}`,
    `${S}\0`,
    `{ "token": "${S}" }\n\n x`,
    Buffer.from([0xff, ...Buffer.from(S)]),
  ]) {
    dir.write('secret', contents);
    const errors = dir.refuse(toYaml('{ bearer: { file: secret } }'));
    assert.equal(errors.length, 1);
    assert.ok(!errors.join('').includes(S), errors.join('\n'));
  }
});

test('a key that was pasted where its file name belongs is not shown', (t) => {
  const dir = makeConfigDir(t);
  const pasted = JSON.stringify(KEY);
  const body = KEY.split('\n')[1] ?? '';
  const errors = [
    ...dir.refuse(toYaml(`{ assertion: { key: ${pasted} } }`)),
    ...dir.refuse(`listen: { tls: { cert: ${pasted}, key: ${pasted} } }\n${toYaml('{ bearer: x }')}`),
  ];
  assert.equal(errors.length, 3, errors.join('\n'));
  assert.ok(!errors.join('\n').includes(body.slice(0, 20)), errors.join('\n'));
});

test('no text beside a secret makes an error show it', (t) => {
  const dir = makeConfigDir(t);
  const around = fc.constantFrom(
    '',
    ' ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    ', ',
    '#',
    '&',
    '*',
    '!',
    '|',
    '>',
    '@',
    '\n',
    '${',
    '\\',
  );
  const piece = fc.array(around, { maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(piece, piece, (before, after) => {
      const errors = dir.refuse(toYaml(`{ bearer: ${before}${S}${after} }`));
      // Braces that close early put the text out of its place, where no one could know it for a secret.
      if (/[{}[\]\n]/.test(before + after)) return;
      assert.ok(!errors.join('\n').includes(S), errors.join('\n'));
    }),
    { numRuns: 500 },
  );
});
