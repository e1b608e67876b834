// What the pages point at is there, and every page can be found.
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { findAnchors, findCode, findLinks } from './links-in-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const PAGES = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: ROOT })].map((name) =>
  name.replaceAll('\\', '/'),
);
const DECISIONS = PAGES.filter((name) => name.startsWith('docs/decisions/'));
/** Lines of a page as the repository breaks them, and characters, as some are long. */
const ONE_PAGE = { lines: 60, characters: 4500 };

/** @returns why a link leads nowhere; undefined when it leads somewhere */
function findFault(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return 'is not there';
  if (statSync(join(ROOT, file)).isDirectory() && readdirSync(join(ROOT, file)).length === 0) return 'is empty';
  if (anchor !== undefined && !findAnchors(read(file)).has(anchor)) return 'has no such heading';
  return undefined;
}

test('every link between the pages leads to a file, a folder or a heading', () => {
  assert(PAGES.length > 40, `${PAGES.length} pages`);
  const faults = PAGES.flatMap((page) =>
    findLinks(read(page)).flatMap((target) => {
      const fault = findFault(page, target);
      return fault === undefined ? [] : [`${page}: ${target} ${fault}`];
    }),
  );
  assert.deepEqual(faults, []);
});

test('every source file that a page names is there', () => {
  const sources = globSync('{gateway,test,bench,deploy}/**/*.{ts,js}', { cwd: ROOT }).map(
    (name) => `/${name.replaceAll('\\', '/')}`,
  );
  const faults = PAGES.flatMap((page) =>
    findCode(read(page))
      .spans.filter((span) => /^[\w./-]+\.[jt]s$/.test(span))
      .filter((span) => !sources.some((source) => source.endsWith(`/${span}`)))
      .map((span) => `${page}: ${span}`),
  );
  assert.deepEqual(faults, []);
});

test('every page is listed in the index, and every decision by its title', () => {
  const index = read('docs/README.md');
  const listed = new Set(findLinks(index));
  for (const page of PAGES) {
    const [top, name = '', inner] = page.split('/');
    if (top !== 'docs' || name === 'README.md') continue;
    const isDecision = name === 'decisions';
    const link = isDecision || inner === undefined ? page.slice('docs/'.length) : `${name}/`;
    assert(listed.has(link), `docs/README.md does not list ${link}`);
    if (!isDecision) continue;
    const [, title = ''] = /^# \d{4} (.+)\n/.exec(read(page)) ?? [];
    assert(index.includes(` | ${title} |`), `docs/README.md does not give the title of ${page}: ${title}`);
  }
});

test('every decision is at most one page, and says what the question was, what was chosen and what was given up', () => {
  assert(DECISIONS.length > 0);
  for (const name of DECISIONS) {
    const text = read(name);
    assert(text.split('\n').length <= ONE_PAGE.lines, `${name} has ${text.split('\n').length} lines`);
    assert(text.length <= ONE_PAGE.characters, `${name} has ${text.length} characters`);
    for (const part of ['**Context.**', '**Choice.**', '**Given up.**']) assert(text.includes(part), `${name} ${part}`);
    assert.equal(/^# (\d{4}) /.exec(text)?.[1], /(\d{4})-/.exec(name)?.[1], name);
  }
});

test('decisions are numbered without a gap', () => {
  const numbers = DECISIONS.map((name) => Number(/(\d{4})-/.exec(name)?.[1])).toSorted((a, b) => a - b);
  assert.deepEqual(
    numbers,
    numbers.map((_number, at) => at + 1),
  );
});

test('links, headings and code are told apart as readers see them', () => {
  const page =
    '# A `b`: c\n\n[x](y.md#z) `[no](no.md)` [web](https://example.com)\n\n```\n# not\n[no](no.md)\n```\n\n## A b c\n';
  assert.deepEqual(findLinks(page), ['y.md#z']);
  assert.deepEqual([...findAnchors(page)], ['a-b-c', 'a-b-c-1']);
  assert.deepEqual(findCode(page), { blocks: ['# not\n[no](no.md)\n'], spans: ['b', '[no](no.md)'] });
});
