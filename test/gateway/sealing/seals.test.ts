// Seals: what comes out is what went in, for the scope it was sealed for, and jose reads and writes the same form.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { makeEphemeralKey, type SealPurpose } from '../../../gateway/sealing/sealing-key.ts';
import { makeSeals } from '../../../gateway/sealing/seals.ts';
import { makeKey, makeTestSeals, NOW_MS } from './sealing-under-test.ts';

const PURPOSES: readonly SealPurpose[] = ['state', 'task', 'handle'];
const HELLO = Buffer.from('hello');

/** By the words of the documentation: HKDF with SHA-256, then one more HKDF-Expand for the binding. */
function deriveContentKey(id: string, purpose: SealPurpose, binding: string): Uint8Array {
  const key = hkdfSync('sha256', Buffer.alloc(32, id), '', `tollgate/${purpose}/1`, 32);
  return createHmac('sha256', Buffer.from(key)).update(binding).update(Buffer.of(1)).digest();
}

function toExpiry(ms: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(ms, 0, 6);
  return bytes;
}

test('whatever is sealed comes out again, for the same purpose and binding', () => {
  const seals = makeTestSeals();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2000 }),
      fc.constantFrom(...PURPOSES),
      fc.string({ unit: 'binary' }),
      (bytes, purpose, binding) => {
        const sealed = seals.seal(Buffer.from(bytes), { purpose, binding, lifeMs: 1 });
        assert.match(sealed ?? '', /^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/);
        const unsealed = seals.open(sealed ?? '', { purpose, binding });
        assert.deepEqual(unsealed, { payload: Buffer.from(bytes), leftMs: 1 });
      },
    ),
  );
});

test('a seal opens for its own purpose and binding alone', () => {
  const seals = makeTestSeals();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (binding, other) => {
      const sealed = seals.seal(HELLO, { purpose: 'state', binding, lifeMs: 1 }) ?? '';
      assert.equal(seals.open(sealed, { purpose: 'state', binding: other }) === undefined, binding !== other);
      assert.equal(seals.open(sealed, { purpose: 'task', binding }), undefined);
      assert.equal(seals.open(sealed, { purpose: 'handle', binding }), undefined);
    }),
  );
});

test('the same value sealed twice looks different each time', () => {
  const seals = makeTestSeals();
  const sealed = Array.from({ length: 100 }, () => seals.seal(HELLO, { purpose: 'task', binding: 'b', lifeMs: 1 }));
  assert.equal(new Set(sealed).size, 100);
});

test('a seal ends to the millisecond', () => {
  const seals = makeTestSeals();
  const scope = { purpose: 'state', binding: 'b' } as const;
  const sealed = seals.seal(HELLO, { ...scope, lifeMs: 1000 }) ?? '';
  seals.advance(999);
  assert.equal(seals.open(sealed, scope)?.leftMs, 1);
  seals.advance(1);
  assert.equal(seals.open(sealed, scope), undefined);
});

test('a life beyond all calendars is cut to what fits', () => {
  const seals = makeTestSeals();
  const scope = { purpose: 'state', binding: 'b' } as const;
  const sealed = seals.seal(HELLO, { ...scope, lifeMs: Number.MAX_VALUE }) ?? '';
  assert.deepEqual(seals.open(sealed, scope)?.payload, HELLO);
});

test('jose opens what is sealed here', async () => {
  const sealed = makeTestSeals().seal(HELLO, { purpose: 'task', binding: '["b"]', lifeMs: 5 }) ?? '';
  assert.deepEqual(decodeProtectedHeader(sealed), { alg: 'dir', enc: 'A256GCM', kid: 'k1' });
  const { plaintext } = await compactDecrypt(sealed, deriveContentKey('k1', 'task', '["b"]'));
  assert.deepEqual(Buffer.from(plaintext), Buffer.concat([toExpiry(NOW_MS + 5), HELLO]));
  await assert.rejects(compactDecrypt(sealed, deriveContentKey('k1', 'task', '["c"]')));
});

test('what jose seals opens here', async () => {
  const seals = makeTestSeals();
  for (const purpose of PURPOSES) {
    const sealed = await new CompactEncrypt(Buffer.concat([toExpiry(NOW_MS + 5), HELLO]))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1' })
      .encrypt(deriveContentKey('k1', purpose, 'b'));
    assert.deepEqual(seals.open(sealed, { purpose, binding: 'b' })?.payload, HELLO);
  }
});

test('a plaintext too short to hold an expiry does not open', async () => {
  for (const size of [0, 1, 5]) {
    const sealed = await new CompactEncrypt(Buffer.alloc(size, 0xff))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1' })
      .encrypt(deriveContentKey('k1', 'state', 'b'));
    assert.equal(makeTestSeals().open(sealed, { purpose: 'state', binding: 'b' }), undefined);
  }
});

test('the first key that may seal seals, and all of them open', () => {
  const scope = { purpose: 'state', binding: 'b' } as const;
  const seal = (...keys: Parameters<typeof makeTestSeals>): string =>
    makeTestSeals(...keys).seal(HELLO, { ...scope, lifeMs: 9 }) ?? '';
  const [k1, k2] = [makeKey('k1'), makeKey('k2')];
  const retired = makeKey('k1', { openOnly: true });
  const byFirst = seal([k1]);
  // Every step of a rotation over two replicas opens what either of them sealed before.
  for (const keys of [[k1], [k1, { ...k2, openOnly: true }], [k2, retired], [retired, k2]]) {
    assert.deepEqual(makeTestSeals(keys).open(byFirst, scope)?.payload, HELLO);
  }
  for (const keys of [
    [k2, retired],
    [retired, k2],
  ]) {
    assert.equal(decodeProtectedHeader(seal(keys)).kid, 'k2');
  }
  assert.equal(makeTestSeals([k2]).open(byFirst, scope), undefined);
  assert.equal(makeTestSeals([k2, makeKey('k1', { secret: k2.secret })]).open(byFirst, scope), undefined);
});

test('keys that cannot work are refused without showing them', () => {
  const secret = Buffer.alloc(32, 7).toString('base64');
  const env = { nowMs: () => NOW_MS, randomBytes };
  assert.throws(() => makeSeals([], env), TypeError('no sealing key may seal'));
  assert.throws(() => makeSeals([makeKey('a', { openOnly: true })], env), TypeError('no sealing key may seal'));
  assert.throws(() => makeSeals([makeKey('a'), makeKey('a')], env), TypeError('two sealing keys share an id'));
  for (const bad of ['', secret.slice(0, -4), `${secret} `, secret.slice(0, -1), `${secret}AA==`, 'Z'.repeat(43)]) {
    assert.throws(
      () => makeSeals([makeKey('a"', { secret: bad })], env),
      TypeError('the secret of sealing key "a\\"" is not 32 bytes in base64'),
    );
  }
});

test('a key made for one process opens what that process sealed', () => {
  const scope = { purpose: 'handle', binding: 'b' } as const;
  const [one, other] = [makeTestSeals([makeEphemeralKey(randomBytes)]), makeTestSeals([makeEphemeralKey(randomBytes)])];
  const sealed = one.seal(HELLO, { ...scope, lifeMs: 9 }) ?? '';
  assert.deepEqual(one.open(sealed, scope)?.payload, HELLO);
  assert.equal(other.open(sealed, scope), undefined);
});

test('nothing is sealed that would be too long to be opened', () => {
  const seals = makeTestSeals();
  for (const [purpose, most] of [
    ['state', 65_536],
    ['handle', 65_536],
    ['task', 8192],
  ] as const) {
    const scope = { purpose, binding: 'b' };
    let longest = 0;
    for (let size = Math.floor(most * 0.74); size < most; size++) {
      const sealed = seals.seal(Buffer.alloc(size), { ...scope, lifeMs: 9 });
      if (sealed === undefined) break;
      longest = sealed.length;
      assert.ok(longest <= most);
      assert.equal(seals.open(sealed, scope)?.payload.length, size);
    }
    assert.ok(longest > most - 4, `${purpose}: ${longest}`);
  }
});

test('the kid may be any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
      const seals = makeTestSeals([makeKey(id, { secret: makeKey('k').secret })]);
      const sealed = seals.seal(HELLO, { purpose: 'state', binding: 'b', lifeMs: 9 }) ?? '';
      assert.equal(decodeProtectedHeader(sealed).kid, id);
      assert.deepEqual(seals.open(sealed, { purpose: 'state', binding: 'b' })?.payload, HELLO);
    }),
  );
});
