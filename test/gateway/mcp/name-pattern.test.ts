// Globs over names: right for every pattern, and fast for the worst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileNamePattern, matchesAny, type NamePattern } from '../../../gateway/mcp/name-pattern.ts';
import { measureRatio } from './measure-ratio.ts';

/** Slow and plainly right: `matched[j]` says whether the glob so far matches the first j characters. */
function matchesByTable(glob: string, name: string): boolean {
  let matched = [true, ...Array.from(name, () => false)];
  for (const part of glob) {
    const next = matched.map(() => false);
    for (let j = 0; j <= name.length; j++) {
      if (part === '*') next[j] = (matched[j] as boolean) || (j > 0 && (next[j - 1] as boolean));
      else if (j > 0) next[j] = (matched[j - 1] as boolean) && name[j - 1] === part;
    }
    matched = next;
  }
  return matched.at(-1) as boolean;
}

const tiny = (letters: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength }).map((parts) => parts.join(''));

test('a glob matches exactly the names that a table of all splits says it does', () => {
  fc.assert(
    fc.property(tiny(['a', 'b', '*', '*'], 9), tiny(['a', 'b'], 12), (glob, name) => {
      assert.equal(compileNamePattern(glob)(name), matchesByTable(glob, name));
    }),
    { numRuns: 10_000 },
  );
});

test('a glob made from a name by stars matches that name', () => {
  fc.assert(
    fc.property(tiny(['a', 'b', 'ab', '.', '?'], 12), fc.array(fc.tuple(fc.nat(20), fc.nat(4))), (name, holes) => {
      let glob = name;
      for (const [at, length] of holes) glob = `${glob.slice(0, at)}*${glob.slice(at + length)}`;
      assert(compileNamePattern(glob)(name));
    }),
    { numRuns: 1000 },
  );
});

const ROWS: readonly (readonly [glob: string, name: string, matches: boolean])[] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['**', 'anything', true],
  ['a', 'A', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['ab*ba', 'aba', false],
  ['*ab*ab', 'ab', false],
  ['*ab*ab', 'abab', true],
  ['a.c', 'abc', false],
  ['a?c', 'abc', false],
  ['[a-z]*', 'abc', false],
  ['\\*', '*', false],
  ['(a+)+$', 'aaaa', false],
  ['weather/*', 'weather/', true],
  ['weather/*', 'weather', false],
  ['weather/*', 'weather/a/b', true],
  ['*é*', 'caf\u0065\u0301', false],
  ['__proto__', '__proto__', true],
  ['line*end', 'line\nend', true],
];

test('only stars are special, and everything else stands for itself', () => {
  for (const [glob, name, matches] of ROWS) assert.equal(compileNamePattern(glob)(name), matches, `${glob} on ${name}`);
});

test('no patterns match every name; several match when one does', () => {
  assert(matchesAny([], 'x'));
  assert(matchesAny([compileNamePattern('a'), compileNamePattern('x*')], 'x'));
  assert(!matchesAny([compileNamePattern('a'), compileNamePattern('b')], 'x'));
});

function repeat(pattern: NamePattern, name: string): () => void {
  return () => {
    for (let i = 0; i < 200; i++) pattern(`${name}${i % 2 === 0 ? 'c' : 'd'}`);
  };
}

test('a glob full of stars on a long name that just fails costs little more than one pass', () => {
  const name = 'a'.repeat(4000);
  const plain = compileNamePattern('*b');
  for (const glob of [
    `${'*a'.repeat(40)}*b`,
    `${'a*'.repeat(40)}b`,
    `*${'aa*'.repeat(60)}b*`,
    `${'*'.repeat(5000)}b`,
  ]) {
    const ratio = measureRatio(repeat(plain, name), repeat(compileNamePattern(glob), name));
    assert(ratio < 100, `${glob.slice(0, 20)}: ${ratio.toFixed(1)} times`);
  }
});
