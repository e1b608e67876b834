// What is remembered of tokens has bounds, and what is in use stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenCache } from '../../../gateway/identity/token-cache.ts';

test('never more entries than allowed, and what is used survives what is not', () => {
  const cache = new TokenCache<number>({ maxEntries: 100, maxBytes: 1e9 });
  cache.set('used', -1);
  for (let i = 0; i < 1_000; i++) {
    cache.set(`token-${i}`, i);
    assert.equal(cache.find('used'), -1);
    assert.ok(cache.size <= 100);
  }
  assert.equal(cache.find('token-0'), undefined);
  assert.equal(cache.find('token-999'), 999);
});

test('large tokens leave room for fewer', () => {
  const cache = new TokenCache<number>({ maxEntries: 1_000, maxBytes: 1_000_000 });
  for (let i = 0; i < 1_000; i++) cache.set(`${i}`.padEnd(8_192, 'x'), i);
  assert.ok(cache.size <= 30, `${cache.size} entries of 33 kB each in a megabyte`);
});

test('what is deleted or set again counts once', () => {
  const cache = new TokenCache<number>({ maxEntries: 4, maxBytes: 1e9 });
  for (let i = 0; i < 10; i++) cache.set('a', i);
  cache.set('b', 1);
  assert.deepEqual([cache.find('a'), cache.find('b'), cache.size], [9, 1, 2]);
  cache.delete('a');
  assert.deepEqual([cache.find('a'), cache.size], [undefined, 1]);
});
