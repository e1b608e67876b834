// The attacker has a seal that is good for the very request he sends, and changes the seal: a bit, a letter, its length, its
// key, its algorithm, its spelling. One state has one spelling: nothing else opens, or single use and logs could be fooled too.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CompactEncrypt } from 'jose';
import type { SealPurpose } from '../../gateway/sealing/sealing-key.ts';
import { makeKey, makeTestSeals, NOW_MS } from '../gateway/sealing/sealing-under-test.ts';

const SCOPE = { purpose: 'state', binding: '["token","https://login.example.com","alice"]' } as const;
const seals = makeTestSeals([makeKey('k1'), makeKey('k2')]);
const sealed =
  seals.seal(Buffer.from('["weather"]\n"the state of a form, on page 3"'), { ...SCOPE, lifeMs: 60_000 }) ?? '';
const parts = sealed.split('.');

function opens(spoiled: string): boolean {
  return seals.open(spoiled, SCOPE) !== undefined;
}

/** The seal with one of its five parts replaced. */
function swap(at: number, part: string): string {
  return parts.with(at, part).join('.');
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('the seal itself opens', () => {
  assert.ok(opens(sealed));
});

test('no seal with one bit of its text flipped opens', () => {
  const bytes = Buffer.from(sealed, 'latin1');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.ok(!opens(flipped.toString('latin1')), `bit ${bit}`);
  }
});

test('no seal with one bit of what its parts say flipped opens', () => {
  for (const at of [0, 2, 3, 4]) {
    const bytes = Buffer.from(parts[at] ?? '', 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.ok(!opens(swap(at, flipped.toString('base64url'))), `part ${at} bit ${bit}`);
    }
  }
});

test('no beginning and no end of a seal opens', () => {
  for (let length = 0; length < sealed.length; length++) {
    assert.ok(!opens(sealed.slice(0, length)), `first ${length}`);
    assert.ok(!opens(sealed.slice(-length - 1).slice(1)), `last ${length}`);
    assert.ok(!opens(sealed.slice(0, length) + sealed.slice(length + 1)), `without ${length}`);
  }
  for (let at = 0; at < parts.length; at++) {
    for (let length = 0; length < (parts[at] as string).length; length++) {
      assert.ok(!opens(swap(at, (parts[at] as string).slice(0, length))), `part ${at} cut to ${length}`);
    }
  }
});

test('no spelling of base64 but one opens', () => {
  const spellings: string[] = [];
  for (const at of [0, 2, 3, 4]) {
    const part = parts[at] as string;
    for (const tail of [
      '=',
      '==',
      ' ',
      '\n',
      '\r\n',
      '\t',
      '\0',
      'A',
      'AA',
      'AAAA',
      '.',
      '%3D',
      '\u00ad',
      '\u200b',
      '=A',
    ]) {
      spellings.push(swap(at, part + tail), swap(at, tail + part), swap(at, part.slice(0, 4) + tail + part.slice(4)));
    }
    spellings.push(swap(at, Buffer.from(part, 'base64url').toString('base64')));
    spellings.push(swap(at, Buffer.from(part, 'base64url').toString('hex')));
    spellings.push(swap(at, part.toLowerCase()), swap(at, part.toUpperCase()), swap(at, ''));
    // The last letter may carry bits that no byte holds.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/';
    for (const letter of alphabet) spellings.push(swap(at, part.slice(0, -1) + letter));
  }
  spellings.push(
    ` ${sealed}`,
    `${sealed} `,
    `\ufeff${sealed}`,
    `"${sealed}"`,
    encodeURIComponent(sealed).replaceAll('.', '%2E'),
  );
  const wide = Array.from(Buffer.from(sealed), (c) => String.fromCharCode(c + 0x100)).join('');
  spellings.push(wide, sealed.replaceAll('.', '\u3002'), sealed.replaceAll('.', '\u002e\u0000'));
  for (const spelling of spellings) assert.ok(spelling === sealed || !opens(spelling), spelling);
});

test('no other number of parts opens', () => {
  for (const other of [
    parts.slice(0, 4),
    [...parts, ''],
    [...parts, parts[4] as string],
    ['', ...parts],
    [parts[0], parts[2], parts[3], parts[4]],
    parts.with(1, 'AAAA'),
    parts.with(1, parts[2] as string),
    parts.toReversed(),
    [],
    ['', '', '', '', ''],
  ]) {
    assert.ok(!opens(other.join('.')));
  }
  const [header, , iv, ciphertext, tag] = parts;
  for (const json of [
    { protected: header, iv, ciphertext, tag },
    { protected: header, recipients: [{}], iv, ciphertext, tag },
  ]) {
    assert.ok(!opens(JSON.stringify(json)));
  }
});

for (const [what, header] of [
  ['no encryption', { alg: 'none', enc: 'none', kid: 'k1' }],
  ['another algorithm', { alg: 'A256KW', enc: 'A256GCM', kid: 'k1' }],
  ['a password', { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', kid: 'k1', p2c: 2_147_483_647, p2s: 'AA' }],
  ['a key pair', { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'k1', epk: {} }],
  ['another cipher', { alg: 'dir', enc: 'A128CBC-HS256', kid: 'k1' }],
  ['another configured key', { alg: 'dir', enc: 'A256GCM', kid: 'k2' }],
  ['an unknown key', { alg: 'dir', enc: 'A256GCM', kid: 'k3' }],
  ['no key', { alg: 'dir', enc: 'A256GCM' }],
  ['a key that is inherited', { alg: 'dir', enc: 'A256GCM', kid: '__proto__' }],
  ['a key that is a list', { alg: 'dir', enc: 'A256GCM', kid: ['k1'] }],
  ['other order', { enc: 'A256GCM', alg: 'dir', kid: 'k1' }],
  ['one member more', { alg: 'dir', enc: 'A256GCM', kid: 'k1', typ: 'JWT' }],
  ['compression', { alg: 'dir', enc: 'A256GCM', kid: 'k1', zip: 'DEF' }],
  ['a critical extension', { alg: 'dir', enc: 'A256GCM', kid: 'k1', crit: ['exp'] }],
  ['a key of its own', { alg: 'dir', enc: 'A256GCM', kid: 'k1', jwk: { kty: 'oct', k: 'AA' } }],
] as const) {
  test(`a header that names ${what} does not open`, () => {
    assert.ok(!opens(swap(0, encode(header))));
  });
}

test('a header that says the same with other bytes does not open', () => {
  for (const text of [
    '{"alg":"dir","enc":"A256GCM","kid":"k1"} ',
    '{ "alg":"dir","enc":"A256GCM","kid":"k1"}',
    '{"alg":"dir","enc":"A256GCM","kid":"\\u006b1"}',
    '{"alg":"dir","alg":"dir","enc":"A256GCM","kid":"k1"}',
    '{"alg":"DIR","enc":"A256GCM","kid":"k1"}',
  ]) {
    assert.ok(!opens(swap(0, Buffer.from(text).toString('base64url'))));
  }
});

test('a seal as long as the limit is read and refused, and one beyond it is not read', () => {
  for (const length of [65_535, 65_536, 65_537, 1 << 20]) {
    assert.ok(!opens(sealed.padEnd(length, 'A')));
    assert.ok(!opens(swap(3, (parts[3] as string).padEnd(length, 'A'))));
    assert.ok(!opens('.'.repeat(length)));
    assert.ok(!opens((parts[0] as string).padEnd(length, '.')));
  }
});

/** A seal that somebody made with jose, with all that can be known but the configured secret. */
async function forge(secret: Uint8Array, purpose: SealPurpose, state = '"mine"'): Promise<string> {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `tollgate/${purpose}/1`, 32));
  const contentKey = createHmac('sha256', key).update(`${SCOPE.binding}\u0001`).digest();
  const plain = Buffer.concat([Buffer.alloc(6), Buffer.from(`["weather"]\n${state}`)]);
  plain.writeUIntBE(NOW_MS + 60_000, 0, 6);
  return await new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1' })
    .encrypt(contentKey);
}

test('a seal made with another secret does not open, and with the right one it would', async () => {
  const [secret, other] = ['k1', 'k2'].map((id) => Buffer.from(makeKey(id).secret, 'base64')) as [Buffer, Buffer];
  assert.ok(opens(await forge(secret, 'state')));
  assert.ok(!opens(await forge(secret, 'state', `"${'x'.repeat(49_100)}"`)));
  for (const wrong of [randomBytes(32), Buffer.alloc(32), Buffer.alloc(0), other, Buffer.from(makeKey('k1').secret)]) {
    assert.ok(!opens(await forge(wrong, 'state')));
  }
  assert.ok(!opens(await forge(secret, 'task')));
  assert.ok(!opens(await forge(secret, 'handle')));
});
