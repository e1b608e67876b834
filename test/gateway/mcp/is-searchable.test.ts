// A search that could take the square of its time is not begun.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSearchable } from '../../../gateway/mcp/is-searchable.ts';

test('short needles are searched for in any text, long ones where that cannot take long', () => {
  assert.equal(isSearchable(16 * 1024 * 1024, 240), true);
  assert.equal(isSearchable(16 * 1024 * 1024, 241), false);
  assert.equal(isSearchable(1024, 4096), true);
  assert.equal(isSearchable(1025, 4096), false);
});

test('what is searched is searched in useful time, the worst needle included', () => {
  const needle = `ab${'a'.repeat(2046)}`;
  const text = 'a'.repeat(2048);
  assert.equal(isSearchable(text.length, needle.length), true);
  const begunMs = performance.now();
  assert.equal(text.includes(needle), false);
  const long = `ab${'a'.repeat(238)}`;
  assert.equal('a'.repeat(4_000_000).includes(long), false);
  const tookMs = performance.now() - begunMs;
  assert.ok(tookMs < 500, `${tookMs} ms`);
});
