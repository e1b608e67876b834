// Audit and traces: what they become, and what is refused.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fraction } from '../../../gateway/config/shape/fraction.ts';
import { LEAST, makeConfigDir } from './make-config-dir.ts';
import { ED25519_KEY, ENCRYPTED_KEY, KEY } from './pem-samples.ts';

const DEFAULTS = {
  onFull: 'block',
  flushEveryMs: 1_000,
  checkpointEvery: 1_000,
  checkpointKey: undefined,
  rotateAtBytes: undefined,
  arguments: [],
};

test('an audit goes to standard output, or to a file beside the configuration', (t) => {
  const dir = makeConfigDir(t);
  const load = (audit: string) => dir.load(`telemetry: { audit: ${audit} }\n${LEAST}`);
  assert.deepEqual(load('stdout').telemetry.audit, { to: 'stdout', ...DEFAULTS });
  assert.deepEqual(load('{ stdout: true, onFull: drop }').telemetry.audit, {
    to: 'stdout',
    ...DEFAULTS,
    onFull: 'drop',
  });
  const config = load('{ file: logs/audit.jsonl }');
  const file = path.join(path.dirname(dir.file), 'logs/audit.jsonl');
  assert.deepEqual(config.telemetry.audit, { to: { file }, ...DEFAULTS });
  assert.ok(!config.files.includes(file), 'what is written all the time is not watched');
});

test('an audit takes over every key', (t) => {
  const dir = makeConfigDir(t);
  dir.write('audit.key', ED25519_KEY);
  const { telemetry } = dir.load(`
telemetry:
  audit:
    file: /var/log/audit.jsonl
    onFull: drop
    flushEvery: 10ms
    checkpointEvery: 5
    checkpointKey: audit.key
    rotateAt: 100MiB
    arguments: [{ tool: "get_*", pointer: /city, as: value }, { tool: "*", pointer: /a~1b }]
${LEAST}`);
  assert.deepEqual(telemetry.audit, {
    to: { file: '/var/log/audit.jsonl' },
    onFull: 'drop',
    flushEveryMs: 10,
    checkpointEvery: 5,
    checkpointKey: ED25519_KEY,
    rotateAtBytes: 104_857_600,
    arguments: [
      { tool: 'get_*', pointer: '/city', as: 'value' },
      { tool: '*', pointer: '/a~1b', as: 'digest' },
    ],
  });
});

test('traces take over every key, with headers from files too', (t) => {
  const dir = makeConfigDir(t);
  dir.write('key', 'from a file\n');
  const load = (traces: string) => dir.load(`telemetry: { traces: ${traces} }\n${LEAST}`).telemetry.traces;
  assert.deepEqual(load('{ otlp: http://collector:4318 }'), {
    otlp: 'http://collector:4318/',
    sample: 0.1,
    headers: new Map(),
  });
  assert.deepEqual(load('{ otlp: https://c.test/otlp, sample: 1, headers: { X-Key: { file: key }, __proto__: b } }'), {
    otlp: 'https://c.test/otlp',
    sample: 1,
    headers: new Map([
      ['x-key', 'from a file'],
      ['__proto__', 'b'],
    ]),
  });
});

test('a share of requests is a number from 0 to 1, from a variable too', () => {
  for (const [raw, value] of [
    [0, 0],
    [1, 1],
    [0.25, 0.25],
    ['0', 0],
    ['1', 1],
    ['.5', 0.5],
    ['0.001', 0.001],
    ['1.0', 1],
  ]) {
    assert.equal(fraction('').safeParse(raw).data, value);
  }
  for (const raw of [
    -0.1,
    1.1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1.1',
    '50%',
    '',
    ' 0',
    '1e-1',
    '0x1',
    null,
    true,
    [],
  ]) {
    assert.equal(fraction('').safeParse(raw).success, false, JSON.stringify(raw));
  }
});

const REFUSED: readonly [string, string, RegExp][] = [
  ['an audit to anywhere', 'audit: stderr', /audit: expected stdout, or a mapping with `file`, found `stderr`$/],
  ['an audit to nowhere', 'audit: {}', /audit: either `file` or `stdout` is required$/],
  ['an audit to both', 'audit: { file: a, stdout: true }', /audit: expected either `file` or `stdout`, found both$/],
  ['standard output that is not', 'audit: { stdout: false }', /stdout: expected true, found the boolean `false`$/],
  [
    'standard output with rotation',
    'audit: { stdout: true, rotateAt: 1MiB }',
    /rotateAt: needs `file`; standard output/,
  ],
  ['an audit into the configuration', 'audit: { file: ./gateway.yaml }', /file: is a file of this configuration;/],
  ['a key that does not exist', 'audit: { file: a, checkpointKey: gone }', /checkpointKey: the file does not exist$/],
  [
    'a key of another kind',
    'audit: { file: a, checkpointKey: ec.key }',
    /expected a PEM file of one private Ed25519 key/,
  ],
  [
    'an encrypted key',
    'audit: { file: a, checkpointKey: encrypted.key }',
    /expected a PEM file of one private Ed25519 key/,
  ],
  ['a flush that never comes', 'audit: { file: a, flushEvery: 61s }', /flushEvery: expected a duration .* at most 60s/],
  [
    'a pointer that is none',
    'audit: { file: a, arguments: [{ tool: b, pointer: c }] }',
    /pointer: expected a JSON Pointer/,
  ],
  ['a collector that is none', 'traces: { sample: 1 }', /traces\.otlp: is required/],
  ['a collector of another scheme', 'traces: { otlp: grpc://c.test }', /traces\.otlp: expected an http or https URL/],
  ['a collector with a password', 'traces: { otlp: http://a:pw@c.test }', /found `http:\/\/…@c\.test`$/],
  ['a sample in per cent', 'traces: { otlp: http://c.test, sample: 10% }', /sample: expected a number from 0 to 1/],
  ['a header that is none', 'traces: { otlp: http://c.test, headers: { "a b": c } }', /is not a valid name here/],
];
for (const [what, yaml, expected] of REFUSED) {
  test(`telemetry with ${what} is refused`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('ec.key', KEY);
    dir.write('encrypted.key', ENCRYPTED_KEY);
    const errors = dir.refuse(`telemetry: { ${yaml} }\n${LEAST}`);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}
