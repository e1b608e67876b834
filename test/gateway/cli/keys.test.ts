// `tollgate keys new`: its line.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'yaml';
import { runKeysNew } from '../../../gateway/cli/keys.ts';
import { makeSeals } from '../../../gateway/sealing/seals.ts';

function makeKey(id?: string): { code: number; out: string } {
  let out = '';
  const code = runKeysNew({ id, randomBytes, out: { write: (text) => (out += text) } });
  return { code, out };
}

test('a new key is 32 random bytes in base64, on a line of its own', () => {
  const { code, out } = makeKey();
  assert.equal(code, 0);
  assert.match(out, /^[A-Za-z0-9+/]{43}=\n$/);
  assert.notEqual(makeKey().out, out);
});

test('with an id it is an item for the configuration, and works', () => {
  for (const id of ['k1', 'yes', '2026-11-21', 'a: "b"']) {
    const [key] = parse(makeKey(id).out) as readonly [{ id: string; secret: string }];
    assert.equal(key.id, id);
    assert.doesNotThrow(() => makeSeals([{ ...key, openOnly: false }], { nowMs: Date.now, randomBytes }));
  }
});
