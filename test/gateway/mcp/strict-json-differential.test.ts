// The scanner against JSON.parse: what one takes the other takes, but for the ambiguities that are refused on purpose.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { findAmbiguities } from './find-ambiguities.ts';
import { jsonText, spoiledText } from './json-texts.ts';
import { readNotes, scanText } from './scan-text.ts';

/** What the index must hold: every member of the root object, of its objects and of theirs, in the order of the text. */
function toExpectedNotes(root: unknown): { path: string[]; value: unknown }[] {
  const notes: { path: string[]; value: unknown }[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (path.length === 3 || typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [name, member] of Object.entries(value)) {
      notes.push({ path: [...path, name], value: member });
      walk(member, [...path, name]);
    }
  };
  walk(root, []);
  return notes;
}

const byPath = (a: { readonly path: readonly string[] }, b: { readonly path: readonly string[] }): number =>
  JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1;

test('any spelling of a value without ambiguities is accepted', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      JSON.parse(text);
      assert.equal(scanText(text), 'accepted');
    }),
    { numRuns: 1500 },
  );
});

test('the notes of an accepted text lead to the names and values that JSON.parse finds there', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const noted = readNotes(Buffer.from(text)).toSorted(byPath);
      assert.deepEqual(noted, toExpectedNotes(JSON.parse(text)).toSorted(byPath));
    }),
    { numRuns: 1500 },
  );
});

test('a spoiled text is accepted exactly when JSON.parse takes it and nothing in it is ambiguous', () => {
  fc.assert(
    fc.property(spoiledText, (bytes) => {
      const verdict = scanText(bytes);
      const ambiguities = findAmbiguities(bytes);
      if (ambiguities === undefined) {
        assert.notEqual(verdict, 'accepted');
      } else if (ambiguities.size === 0) {
        assert.equal(verdict, 'accepted');
        assert.deepEqual(
          readNotes(bytes).toSorted(byPath),
          toExpectedNotes(JSON.parse(bytes.toString())).toSorted(byPath),
        );
      } else {
        assert(
          [...ambiguities].some((reason) => verdict.endsWith(`: ${reason}`)),
          `${verdict}: ${bytes.toString()}`,
        );
      }
    }),
    { numRuns: 3000 },
  );
});

test('arbitrary bytes are refused whenever JSON.parse refuses them', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ maxLength: 12 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      const accepted = scanText(Buffer.from(some)) === 'accepted';
      assert.equal(accepted, findAmbiguities(Buffer.from(some))?.size === 0);
    }),
    { numRuns: 2000 },
  );
});
