// No file of the repository tells where it was written: no path of a machine, no address of a package registry.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

/** Put together here, so that this file does not hold what it looks for. */
const HOST = ['registry', 'npmjs'].join('.');
const FOLDERS = ['work', 'root', 'home'].join('|');
const MACHINE_PATH = new RegExp(`(?<![\\w.~*)}\\]-])/(?:${FOLDERS})/`);

function findStains(path: string, text: string): string[] {
  const found: string[] = [];
  if (MACHINE_PATH.test(text)) found.push(`${path}: a path of a machine`);
  if (text.includes(HOST)) found.push(`${path}: a registry`);
  if (path.endsWith('package-lock.json') && text.includes('"resolved"')) found.push(`${path}: resolved`);
  return found;
}

test('no file of the repository holds a path of a machine or the address of a registry', () => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  // A file that was deleted but not yet committed is still listed.
  const paths = new Set(
    listed
      .toString()
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(ROOT, path))),
  );
  assert(paths.has('package.json'));
  assert.deepEqual(
    [...paths].flatMap((path) => findStains(path, readFileSync(join(ROOT, path), 'latin1'))),
    [],
  );
});

test('the check sees what it is for', () => {
  for (const folder of FOLDERS.split('|')) {
    for (const around of [
      `/${folder}/x`,
      `"/${folder}/x"`,
      `file:///${folder}/x`,
      `cd /${folder}/x`,
      `\n/${folder}/x`,
    ]) {
      assert.equal(findStains('a.ts', around).length, 1, around);
    }
    for (const around of [`a/${folder}/x`, `https://example.com/${folder}/x`, `./${folder}/x`, `/${folder}ed/x`]) {
      assert.equal(findStains('a.ts', around).length, 0, around);
    }
  }
  assert.equal(findStains('a.ts', `https://${HOST}.org/x`).length, 1);
  assert.equal(findStains('package-lock.json', '{"resolved": "x"}').length, 1);
});
