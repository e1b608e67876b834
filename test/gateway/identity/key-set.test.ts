// Of a published key set only strong public signature keys count, and the rest spoils nothing.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { toKeySet } from '../../../gateway/identity/key-set.ts';
import { makeFakeKey } from '../../support/fake-issuer.ts';

const ALLOWED = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const rsa = (await makeFakeKey('RS256', 'rsa')).publicJwk;
const ec = (await makeFakeKey('ES256', 'ec')).publicJwk;
const okp = (await makeFakeKey('EdDSA', 'okp')).publicJwk;
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const short = generateKeyPairSync('rsa', { modulusLength: 2040 }).publicKey.export({ format: 'jwk' });
const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });
const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
const whole = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const print = (...keys: readonly object[]): string => toKeySet({ keys }, ALLOWED).print;

const USELESS: readonly (readonly [what: string, entry: unknown])[] = [
  ['RSA of 1024 bits', { ...weak, kid: 'x' }],
  ['RSA of 2040 bits', { ...short, kid: 'x' }],
  ['RSA with exponent 1', { ...rsa, e: 'AQ' }],
  ['RSA without modulus', { ...rsa, n: undefined }],
  ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: 'x', alg: 'HS256' }],
  ['a symmetric key called RS256', { kty: 'oct', k: 'c2VjcmV0', kid: 'x', alg: 'RS256' }],
  ['a public key with a symmetric part', { ...rsa, k: 'c2VjcmV0' }],
  ['a private key', { ...whole, kid: 'x' }],
  ['an encryption key', { ...rsa, use: 'enc' }],
  ['a key with an unknown use', { ...rsa, use: 'SIG' }],
  ['a key to sign with', { ...rsa, key_ops: ['sign'] }],
  ['key_ops that are a text', { ...rsa, key_ops: 'verify' }],
  ['a key for RSA-OAEP', { ...rsa, alg: 'RSA-OAEP' }],
  ['a key for an algorithm not taken', { ...rsa, alg: 'RS512' }],
  ['a key for HS256', { ...rsa, alg: 'HS256' }],
  ['an alg that is an array', { ...rsa, alg: ['RS256'] }],
  ['Ed448', { ...ed448, kid: 'x' }],
  ['secp256k1', { ...k1, kid: 'x' }],
  ['a point off its curve', { ...ec, x: ec.y }],
  ['Ed25519 of 31 bytes', { ...okp, x: (okp.x ?? '').slice(0, -2) }],
  ['an EC key on a curve of another family', { ...ec, crv: 'Ed25519' }],
  ['a kid that is a number', { ...rsa, kid: 7 }],
  ['a kty that cannot be text', { ...rsa, kty: { toString: 1 } }],
  ['a crv that cannot be text', { ...ec, crv: { toString: 1 } }],
  ['no kty', { kid: 'x' }],
  ['null', null],
  ['a text', 'RSA'],
  ['an array', [rsa]],
];

for (const [what, entry] of USELESS) {
  test(`${what} is left out, and its neighbours stay`, () => {
    assert.equal(toKeySet({ keys: [rsa, entry, ec] }, ALLOWED).size, 2);
    assert.equal(toKeySet({ keys: [entry] }, ALLOWED).size, 0);
  });
}

test('a key that says nothing of itself takes every algorithm of its type that the issuer uses', () => {
  const set = toKeySet({ keys: [{ kty: rsa.kty, n: rsa.n, e: rsa.e }] }, ALLOWED);
  for (const alg of ['RS256', 'PS256']) assert.equal(set.choose(undefined, alg).length, 1);
  for (const alg of ['RS384', 'ES256', 'HS256', 'none']) assert.equal(set.choose(undefined, alg), 'key_unknown');
  assert.equal(set.choose('rsa', 'RS256'), 'key_unknown');
});

test('a key is chosen by kid and refused under another algorithm', () => {
  const set = toKeySet({ keys: [rsa, ec, okp] }, ALLOWED);
  assert.equal(set.choose('rsa', 'RS256').length, 1);
  assert.equal(set.choose('rsa', 'PS256'), 'alg');
  assert.equal(set.choose('ec', 'RS256'), 'alg');
  assert.equal(set.choose('RSA', 'RS256'), 'key_unknown');
  assert.equal(set.choose('__proto__', 'RS256'), 'key_unknown');
});

test('EdDSA and Ed25519 are two names of one algorithm', () => {
  const set = toKeySet({ keys: [okp] }, ['EdDSA', 'Ed25519']);
  for (const alg of ['EdDSA', 'Ed25519']) assert.equal(set.choose('okp', alg).length, 1);
});

test('one key twice is one key; other keys under the same kid are all tried, up to four', async () => {
  assert.equal(toKeySet({ keys: [rsa, { ...rsa }] }, ALLOWED).choose(undefined, 'RS256').length, 1);
  const namesakes = await Promise.all(Array.from({ length: 6 }, () => makeFakeKey('ES256', 'same')));
  const set = toKeySet({ keys: [{ ...rsa, kid: 'same' }, ...namesakes.map((key) => key.publicJwk)] }, ALLOWED);
  assert.equal(set.choose('same', 'RS256').length, 1);
  assert.equal(set.choose('same', 'ES256').length, 4);
  assert.equal(set.choose(undefined, 'ES256'), 'key_unknown');
});

test('sets of equal keys are equal in any order, and a set differs with each key and each kid', () => {
  assert.equal(print(rsa, ec), print(ec, { ...rsa, x5t: 'new certificate' }));
  assert.notEqual(print(rsa, ec), print(rsa));
  assert.notEqual(print(rsa), print({ ...rsa, kid: 'other' }));
  assert.notEqual(print(rsa), print({ ...rsa, alg: undefined }));
});

test('keys from __proto__ are no keys', () => {
  assert.equal(
    toKeySet(JSON.parse(`{"__proto__":{"keys":[${JSON.stringify(rsa)}]}}`) as object as never, ALLOWED).size,
    0,
  );
});
