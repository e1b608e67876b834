// `credential`: what each kind becomes, and what is refused.
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { withCredential } from './credential-samples.ts';
import { makeConfigDir } from './make-config-dir.ts';
import { CERT, ENCRYPTED_KEY, KEY } from './pem-samples.ts';

const toPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const EC384 = toPem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
const EC521 = toPem(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey);
const RSA = toPem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const WEAK_RSA = toPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
const PSS = toPem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey);
const ED25519 = toPem(generateKeyPairSync('ed25519').privateKey);
const X25519 = toPem(generateKeyPairSync('x25519').privateKey);

const COMPILED: readonly [string, string, string, unknown][] = [
  ['a token', '{ bearer: a.b-c= }', '', { kind: 'bearer', token: 'a.b-c=' }],
  ['a token from the environment', '{ bearer: "${T}" }', '', { kind: 'bearer', token: 'from-env' }],
  ['a token from a file', '{ bearer: { file: secrets/token } }', '', { kind: 'bearer', token: 'from-file' }],
  [
    'a header',
    '{ header: { name: X-Api-Key, value: "a b" } }',
    '',
    { kind: 'header', name: 'x-api-key', value: 'a b' },
  ],
  [
    'a header from a file',
    '{ header: { name: Authorization, file: secrets/token } }',
    '',
    { kind: 'header', name: 'authorization', value: 'from-file' },
  ],
  [
    'an assertion with every default',
    '{ assertion: { key: p256.pem } }',
    '',
    {
      kind: 'assertion',
      keyPem: KEY,
      keyId: undefined,
      algorithm: 'ES256',
      ttlMs: 60_000,
      audience: 'https://a.test/mcp',
      issuer: 'https://mcp.test',
      header: 'authorization',
    },
  ],
  [
    'an assertion with every key',
    '{ assertion: { key: rsa.pem, keyId: k1, algorithm: PS384, ttl: 5s, audience: a, issuer: urn:x, header: X-Caller } }',
    '',
    {
      kind: 'assertion',
      keyPem: RSA,
      keyId: 'k1',
      algorithm: 'PS384',
      ttlMs: 5_000,
      audience: 'a',
      issuer: 'urn:x',
      header: 'x-caller',
    },
  ],
  [
    'an exchange with every default',
    '{ exchange: { issuer: https://login.test, clientId: me, clientSecret: s } }',
    '',
    {
      kind: 'exchange',
      issuer: 'https://login.test',
      tokenEndpoint: undefined,
      clientId: 'me',
      clientSecret: 's',
      resource: 'https://a.test/mcp',
      audience: undefined,
      scopes: [],
      timeoutMs: 5_000,
    },
  ],
  [
    'an exchange with every key',
    '{ exchange: { issuer: https://login.test, tokenEndpoint: http://localhost:9/t?x=1, clientId: me, clientSecret: { file: secrets/token }, audience: aud, scopes: [a, b, a], timeout: 1s } }',
    ', resource: urn:example:a',
    {
      kind: 'exchange',
      issuer: 'https://login.test',
      tokenEndpoint: 'http://localhost:9/t?x=1',
      clientId: 'me',
      clientSecret: 'from-file',
      resource: 'urn:example:a',
      audience: 'aud',
      scopes: ['a', 'b'],
      timeoutMs: 1_000,
    },
  ],
  ['forward', '{ forward: same-resource }', ', resource: https://mcp.test/mcp', { kind: 'forward' }],
];
for (const [what, credential, more, expected] of COMPILED) {
  test(`${what} is compiled`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('secrets/token', ' \n from-file\r\n\n');
    dir.write('p256.pem', KEY);
    dir.write('rsa.pem', RSA);
    const upstream = dir.load(withCredential(credential, more), { T: 'from-env' }).upstreams.get('a');
    assert.deepEqual(upstream?.credential, expected);
    assert.equal(upstream?.resource, more === '' ? undefined : more.replace(', resource: ', ''));
  });
}

const KEYS: readonly [string, string, string][] = [
  ['EC P-256', KEY, 'ES256'],
  ['EC P-384', EC384, 'ES384'],
  ['RSA of 2048 bits', RSA, 'RS256'],
  ['Ed25519', ED25519, 'EdDSA'],
];
for (const [what, pem, algorithm] of KEYS) {
  test(`the algorithm of a key of ${what} is ${algorithm}`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('key.pem', pem);
    const { credential } = dir.load(withCredential('{ assertion: { key: key.pem } }')).upstreams.get('a') ?? {};
    assert.equal(credential?.kind === 'assertion' && credential.algorithm, algorithm);
  });
}

const BAD_KEYS: readonly [string, string, RegExp][] = [
  ['a missing key', '', /^5:\d+ upstreams\.a\.credential\.assertion\.key: the file does not exist$/],
  ['a certificate', CERT, /key: expected a PEM file of one private key that is not encrypted$/],
  ['an encrypted key', ENCRYPTED_KEY, /that is not encrypted$/],
  ['a key that was cut', KEY.slice(0, 100), /expected a PEM file/],
  ['EC P-521', EC521, /key: expected a key of EC P-256 or P-384, RSA of 2048 bits or more, or Ed25519$/],
  ['RSA of 1024 bits', WEAK_RSA, /RSA of 2048 bits or more/],
  ['a key for RSA-PSS alone', PSS, /expected a key of/],
  ['a key that cannot sign', X25519, /expected a key of/],
  ['a key for another algorithm', EC384, /algorithm: expected one that fits the key: ES384, found `ES256`$/],
];
for (const [what, pem, expected] of BAD_KEYS) {
  test(`an assertion with ${what} is refused`, (t) => {
    const dir = makeConfigDir(t);
    if (pem !== '') dir.write('key.pem', pem);
    const errors = dir.refuse(withCredential('{ assertion: { key: key.pem, algorithm: ES256 } }'));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

test('forward is judged also when other sections are refused', (t) => {
  const errors = makeConfigDir(t).refuse(
    `${withCredential('{ forward: same-resource }', ', resource: urn:x')}workers: 0\n`,
  );
  assert.equal(errors.length, 2, errors.join('\n'));
});

test('the digest and the files to watch follow every file of a credential', (t) => {
  const dir = makeConfigDir(t);
  dir.write('token', 'one');
  const yaml = withCredential('{ bearer: { file: token } }');
  const first = dir.load(yaml);
  dir.write('token', 'two');
  const second = dir.load(yaml);
  assert.notEqual(second.digest, first.digest);
  assert.deepEqual(
    second.files.map((file) => path.basename(file)),
    ['gateway.yaml', 'token'],
  );
});
