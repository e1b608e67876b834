// Every package has a row in the page about dependencies, with the place where it is used.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findImports } from '../static/find-imports.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
) as Package;

/** @returns the cells behind the first one, by each package that the first one names */
function readRows(title: string): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = new RegExp(`^## ${title}\n([^]*?)(?=^## )`, 'm').exec(PAGE) ?? [];
  const rows = new Map<string, readonly string[]>();
  for (const line of section.split('\n')) {
    const [, first = '', ...cells] = line
      .split(' | ')
      .map((cell) => cell.replace(/^\| /, ''))
      .toSpliced(0, 0, '');
    if (!line.startsWith('| `')) continue;
    for (const [, name = ''] of first.matchAll(/`([^`]+)`/g)) rows.set(name, cells);
  }
  return rows;
}

const names = (packages: Readonly<Record<string, string>>): readonly string[] => Object.keys(packages).toSorted();

test('every package of the gateway has a row, and every row is about one', () => {
  assert.deepEqual([...readRows('At run time').keys()].toSorted(), names(dependencies));
});

test('every package for development has a row, and every row is about one', () => {
  assert.deepEqual([...readRows('For development').keys()].toSorted(), names(devDependencies));
});

test('every optional package is explained', () => {
  for (const name of names(optionalDependencies)) assert(PAGE.includes(`\`${name}\``), name);
});

test('the row of a package names every folder of the gateway that imports it', () => {
  const rows = readRows('At run time');
  const found = new Set<string>();
  for (const path of globSync('gateway/**/*.ts', { cwd: ROOT })) {
    const folder = path.replaceAll('\\', '/').split('/').slice(0, 2).join('/');
    for (const { specifier, isType } of findImports(readFileSync(join(ROOT, path), 'utf8'))) {
      const name = Object.keys(dependencies).find((each) => specifier === each || specifier.startsWith(`${each}/`));
      if (name === undefined || isType) continue;
      found.add(name);
      assert(rows.get(name)?.[1]?.includes(`\`${folder}`), `${name} is imported by ${path}`);
    }
  }
  assert.deepEqual([...found].toSorted(), names(dependencies));
});
