// One text in the place of another, where that stands by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { replaceWhole } from '../../../gateway/response/replace-whole.ts';

test('only what stands by itself is replaced', () => {
  const table: readonly [text: string, replaced: string][] = [
    ['b-17', 'X'],
    ['b-17b-17', 'b-17b-17'],
    ['b-17 b-17', 'X X'],
    ['b-17,b-17', 'X,X'],
    ['_b-17', '_b-17'],
    ['b-17é', 'b-17é'],
    ['/b-17/', '/X/'],
    ['', ''],
  ];
  for (const [text, replaced] of table) assert.equal(replaceWhole(text, 'b-17', 'X'), replaced, text);
});

test('a replacement is taken as it stands and never looked at again', () => {
  assert.equal(replaceWhole('a1b2 $& a1b2', 'a1b2', '$& a1b2 $1'), '$& a1b2 $1 $& $& a1b2 $1');
});

test('a text without the value stays, and one that would grow too long is given up', () => {
  assert.equal(replaceWhole('nothing', 'b-17', 'X'.repeat(2_000_000)), 'nothing');
  assert.equal(replaceWhole('b-17', 'b-17', 'X'.repeat(2_000_000)), undefined);
  assert.equal(replaceWhole('b-17 '.repeat(3_000), 'b-17', 'X'.repeat(400)), undefined);
});

test('between blanks it is the same as replacing words', () => {
  const word = fc.constantFrom('b-17', 'b-1', 'b-177', 'x', 'b-17b');
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const expected = words.map((each) => (each === 'b-17' ? 'NEW' : each)).join(' ');
      assert.equal(replaceWhole(words.join(' '), 'b-17', 'NEW'), expected);
    }),
  );
});
