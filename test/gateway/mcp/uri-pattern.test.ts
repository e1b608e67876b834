// Globs over URIs: right for every pattern, and fast for the worst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileUriPattern } from '../../../gateway/mcp/uri-pattern.ts';
import { measureRatio } from './measure-ratio.ts';

/** Slow and plainly right: a star may take anything up to the end of its segment, two or more stars anything. */
function matchesNaively(glob: string, uri: string): boolean {
  if (glob === '') return uri === '';
  const stars = /^\*+/.exec(glob)?.[0] ?? '';
  if (stars === '') return glob[0] === uri[0] && matchesNaively(glob.slice(1), uri.slice(1));
  for (let taken = 0; taken <= uri.length; taken++) {
    if (stars.length === 1 && /[/?]|\{[+#]/.test(uri.slice(0, taken + 1).slice(0, taken) + follow(uri, taken))) break;
    if (matchesNaively(glob.slice(stars.length), uri.slice(taken))) return true;
  }
  return false;
}

/** The operator behind a brace that was just taken. */
const follow = (uri: string, taken: number): string =>
  uri[taken - 1] === '{' ? (uri[taken] ?? '').replace(/[/?]/, '') : '';

const text = (letters: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength }).map((parts) => parts.join(''));

test('a glob matches exactly the URIs that trying every split says it does', () => {
  fc.assert(
    fc.property(
      text(['a', 'b', '/', '*', '*', '**', '?'], 8),
      text(['a', 'b', '/', '?', '{+', '{'], 10),
      (glob, uri) => {
        assert.equal(compileUriPattern(glob)(uri), matchesNaively(glob, uri), `${glob} ${uri}`);
      },
    ),
    { numRuns: 30_000 },
  );
});

test('a glob of many words of states matches too', () => {
  fc.assert(
    fc.property(
      fc.array(
        text(['a', 'b', '/'], 40).map((part) => `${part}b`),
        { minLength: 2, maxLength: 6 },
      ),
      fc.boolean(),
      (parts, isSpoilt) => {
        const glob = parts.join('*/**');
        const uri = parts.join('c/d/e');
        assert.equal(compileUriPattern(glob)(isSpoilt ? `${uri}c` : uri), !isSpoilt);
      },
    ),
    { numRuns: 2_000 },
  );
});

const ROWS: readonly (readonly [glob: string, uri: string, matches: boolean])[] = [
  ['weather://now', 'weather://now', true],
  ['weather://now', 'weather://nowadays', false],
  ['weather://*', 'weather://now', true],
  ['weather://*', 'weather://', true],
  ['weather://*', 'weather://stations/oslo', false],
  ['weather://*', 'weather://now?x', false],
  ['weather://**', 'weather://stations/oslo?x=/y', true],
  ['weather://*/oslo', 'weather://stations/oslo', true],
  ['weather://*/oslo', 'weather://a/b/oslo', false],
  ['weather://**/oslo', 'weather://a/b/oslo', true],
  ['weather://**/*.json', 'weather://a/b/c.json', true],
  ['weather://**/*.json', 'weather://a/b.json/c', false],
  ['weather://***', 'weather://a/b', true],
  ['*', 'urn:x:y', true],
  ['*', 'weather://now', false],
  ['**', 'weather://now', true],
  ['weather://*', 'weather://{id}', true],
  ['weather://*', 'weather://{+id}', false],
  ['weather://(.+)', 'weather://x', false],
  ['', '', true],
];

test('one star stays in its segment, two go across', () => {
  for (const [glob, uri, matches] of ROWS) assert.equal(compileUriPattern(glob)(uri), matches, `${glob} ${uri}`);
});

test('twice the URI costs about twice the time, also where stars are many', () => {
  const matches = compileUriPattern(`x://${'**/a*a'.repeat(40)}b`);
  const [half, whole] = [1_000, 2_000].map((count) => `x://${'/aa'.repeat(count)}b`) as [string, string];
  const repeat = (uri: string) => (): void => {
    for (let turn = 0; turn < 50; turn++) matches(uri);
  };
  assert.ok(measureRatio(repeat(half), repeat(whole)) < 4);
});
