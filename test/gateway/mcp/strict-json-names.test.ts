// A member name that stands twice in one object is found however it is spelled, and only then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scanText } from './scan-text.ts';

/** Different spellings of one name. */
const SAME: readonly (readonly [string, string])[] = [
  ['a', 'a'],
  ['', ''],
  ['name', '\\u006eame'],
  ['name', 'nam\\u0065'],
  ['\\u006eame', 'n\\u0061me'],
  ['a/b', 'a\\/b'],
  ['é', '\\u00e9'],
  ['\\u00e9', '\\u00E9'],
  ['😀', '\\ud83d\\ude00'],
  ['\\n', '\\u000a'],
  ['\\"', '\\u0022'],
  ['\\\\', '\\u005c'],
  ['__proto__', '__proto\\u005f_'],
];

/** Names that look alike and are not the same. */
const OTHER: readonly (readonly [string, string])[] = [
  ['a', 'A'],
  ['a', 'a '],
  ['é', 'e\u0301'],
  ['\\\\u0061', 'a'],
  ['a', '\\u0430'],
  ['', ' '],
  ['__proto__', 'constructor'],
  ['Aa', 'BB'],
  ['AaAa', 'BBBB'],
];

const filler = (count: number): string => Array.from({ length: count }, (_, i) => `"filler ${i}":{},`).join('');

test('one name in two spellings is a duplicate, in small and in large objects, in either order', () => {
  for (const [first, second] of SAME) {
    for (const count of [0, 1, 5, 6, 7, 8, 9, 40]) {
      for (const [a, b] of [
        [first, second],
        [second, first],
      ]) {
        assert.equal(scanText(`{"${a}":1,${filler(count)}"${b}":2}`), 'ambiguous: duplicate', `${a} ${b} ${count}`);
        assert.equal(scanText(`{${filler(count)}"${a}":1,"${b}":2}`), 'ambiguous: duplicate', `${a} ${b} ${count}`);
      }
    }
  }
});

test('names that only look the same are no duplicates', () => {
  for (const [first, second] of OTHER) {
    for (const count of [0, 6, 7, 8, 40]) {
      assert.equal(scanText(`{"${first}":1,${filler(count)}"${second}":2}`), 'accepted', `${first} ${second} ${count}`);
    }
  }
});

test('a duplicate is found at every depth that is allowed', () => {
  for (let depth = 1; depth <= 64; depth++) {
    const list = filler(12).replaceAll('{}', '0');
    const nested = (open: string, inner: string, close: string): string =>
      open.repeat(depth - 1) + inner + close.repeat(depth - 1);
    for (const inner of ['{"x":1,"x":2}', '{"x":1,"\\u0078":2}', `{${list}"x":1,"x":2}`]) {
      assert.equal(scanText(nested('{"x":', inner, '}')), 'ambiguous: duplicate');
      assert.equal(scanText(nested('[', inner, ']')), 'ambiguous: duplicate');
    }
  }
});

test('a name may stand again in another object: inside, beside, or behind', () => {
  for (const name of ['x', '\\u0078']) {
    for (const count of [0, 6, 7, 8, 9, 20]) {
      const object = `{${filler(count)}"${name}":1}`;
      assert.equal(scanText(`[${object},${object},[${object}]]`), 'accepted');
      assert.equal(scanText(`{"${name}":${object},"y":${object}}`), 'accepted');
      assert.equal(scanText(`{"y":${object},${filler(count)}"${name}":${object}}`), 'accepted');
    }
  }
});

test('what an inner object held does not hide a duplicate of the outer one', () => {
  for (const count of [0, 3, 7, 8, 20]) {
    const inner = `{${filler(count)}"\\u0079":{"x":[]}}`;
    assert.equal(scanText(`{"x":${inner},"z":${inner},"x":1}`), 'ambiguous: duplicate');
    assert.equal(scanText(`{"\\u0078":${inner},"z":${inner},"x":1}`), 'ambiguous: duplicate');
    assert.equal(scanText(`{"x":${inner},"z":${inner},"y":1}`), 'accepted');
  }
});

test('names that share a hash are told apart', () => {
  const names = ['AaAaAa', 'AaAaBB', 'AaBBAa', 'AaBBBB', 'BBAaAa', 'BBAaBB', 'BBBBAa', 'BBBBBB'];
  const members = names.map((name) => `"${name}":1`);
  assert.equal(scanText(`{${members.join(',')}}`), 'accepted');
  for (const member of members) assert.equal(scanText(`{${[...members, member].join(',')}}`), 'ambiguous: duplicate');
});

test('an escaped NUL is refused in a name at any depth and taken in a value', () => {
  assert.equal(scanText('{"a\\u0000":1}'), 'ambiguous: nul_in_name');
  assert.equal(scanText('[[{"":{"\\u0000":1}}]]'), 'ambiguous: nul_in_name');
  assert.equal(scanText('{"a":"\\u0000"}'), 'accepted');
  assert.equal(scanText('{"a":"\\u0000","b":1}'), 'accepted', 'the value before a name does not count for the name');
});

test('random objects are refused exactly when one of their names stands twice', () => {
  const name = fc.constantFrom(
    'a',
    '\\u0061',
    'b',
    '\\u0062',
    'c',
    'd',
    'e',
    'f',
    'g',
    'h',
    'i',
    'j',
    'k',
    'l',
    '\\u006c',
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 14 }), (names) => {
      const decoded = names.map((one) => JSON.parse(`"${one}"`) as string);
      const expected = new Set(decoded).size === names.length ? 'accepted' : 'ambiguous: duplicate';
      const object = `{${names.map((one) => `"${one}":[]`).join(',')}}`;
      assert.equal(scanText(object), expected);
      assert.equal(scanText(`{"a":{"\\u0061":1},"b":[${object}]}`), expected);
    }),
    { numRuns: 1000 },
  );
});
