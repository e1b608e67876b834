// A claim is read as texts, and only where it really stands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileClaimTexts } from '../../../gateway/policy/claim-texts.ts';

test('a claim is a text, several texts, or none', () => {
  const rows: readonly (readonly [claim: unknown, texts: readonly string[]])[] = [
    ['acme', ['acme']],
    ['', ['']],
    [
      ['acme', 'beta'],
      ['acme', 'beta'],
    ],
    [true, ['true']],
    [false, ['false']],
    [42, ['42']],
    [4.5, []],
    [2 ** 53, []],
    [null, []],
    [{ acme: true }, []],
    [[['acme']], []],
    [
      ['acme', null, { a: 1 }, 7],
      ['acme', '7'],
    ],
  ];
  for (const [claim, texts] of rows) assert.deepEqual(compileClaimTexts('c')({ c: claim }), texts);
});

test('a claim stands under its exact name, or else at a dotted path of own members', () => {
  const claims = {
    'https://example.com/team': 'red',
    a: { b: { c: 'deep' }, list: ['x'] },
    'a.b': 'exact',
  };
  const read = (path: string): readonly string[] => compileClaimTexts(path)(claims);
  assert.deepEqual(read('https://example.com/team'), ['red']);
  assert.deepEqual(read('a.b.c'), ['deep']);
  assert.deepEqual(read('a.b'), ['exact']);
  for (const path of [
    'a.list.0',
    'a.list.length',
    'missing',
    'a.b.c.d',
    'constructor',
    'constructor.name',
    '__proto__',
    '',
  ])
    assert.deepEqual(read(path), [], path);
});
