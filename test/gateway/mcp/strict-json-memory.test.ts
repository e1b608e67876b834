// One text leaves nothing behind for the next: an attacker's broken body must not spoil the requests of others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { spoiledText } from './json-texts.ts';
import { readNotes, scanText } from './scan-text.ts';

const HONEST = '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"a":{"b":{"c":1}}}}}';

const POISONS: readonly (readonly [what: string, text: string])[] = [
  ['an escaped name, then a syntax error', '{"\\u006asonrpc":1,"id":1,"method":1,"params":1 x'],
  ['an escaped name, then the end', '{"jsonrpc":1,"\\u0069d":'],
  ['a large object, then the end', `{${Array.from({ length: 30 }, (_, i) => `"${i}":1,`).join('')}"id":1,"jsonrpc":`],
  ['an escaped name inside params', '{"x":{"\\u005fmeta":1,'],
  ['an escaped name twice', '{"\\u0069d":1,"id":2}'],
  ['an escaped name at every depth', '{"\\u0069d":'.repeat(65)],
  ['a lone surrogate behind an escaped name', '{"\\u006aid":1,"jsonrpc":"\\ud800"}'],
  ['trailing bytes', '{"\\u0069d":1} x'],
  ['a number cut at its end', '{"\\u0069d":1'],
];

test('an honest text is accepted right after a refused one, whatever was refused', () => {
  for (const [what, poison] of POISONS) {
    assert.notEqual(scanText(poison), 'accepted');
    for (let again = 0; again < 3; again++) assert.equal(scanText(HONEST), 'accepted', `after ${what}`);
  }
});

test('a duplicate is found right after a refused text', () => {
  for (const [what, poison] of POISONS) {
    scanText(poison);
    assert.equal(scanText('{"q":1,"q":2}'), 'ambiguous: duplicate', `after ${what}`);
  }
});

test('the notes of a text are the same whatever was scanned before it', () => {
  const notes = [
    [['jsonrpc'], '2.0'],
    [['id'], 1],
    [['method'], 'tools/list'],
    [['params'], { _meta: { a: { b: { c: 1 } } } }],
    [['params', '_meta'], { a: { b: { c: 1 } } }],
    [['params', '_meta', 'a'], { b: { c: 1 } }],
  ];
  fc.assert(
    fc.property(spoiledText, (before) => {
      scanText(before);
      assert.equal(scanText(HONEST), 'accepted');
      assert.deepEqual(
        readNotes(Buffer.from(HONEST)).map(({ path, value }) => [path, value]),
        notes,
      );
    }),
    { numRuns: 2000 },
  );
});

test('notes are right for more members than ever were noted before', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `m${i}`);
  const notes = readNotes(Buffer.from(`{${names.map((name, i) => `"${name}":{"x":${i}}`).join(',')}}`));
  assert.equal(notes.length, 10_000);
  assert.deepEqual(
    notes.filter(({ path }) => path.length === 2).map(({ path, value }) => [path, value]),
    names.map((name, i) => [[name, 'x'], i]),
  );
});
