// The README is true word for word: its commands are there, and print what it shows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { DEMO_STEPS } from '../../gateway/demo/demo-calls.ts';
import { findCode } from './links-in-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const README = read('README.md');
const { blocks, spans } = findCode(README);
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const CLI = read('gateway/cli/tollgate.ts');

const SHOWN = blocks.flatMap((block) => {
  const [, command, output] = /^\$ (.+)\n([^]*)$/.exec(block) ?? [];
  return command === undefined ? [] : [{ command, output }];
});
const CODE = [...blocks, ...spans].join('\n');

test('every npm command in the README is one of npm or of package.json', () => {
  const used = [...CODE.matchAll(/\bnpm (?:run (?:-s )?)?([\w:-]+)/g)].map(([, name = '']) => name);
  assert(used.includes('demo') && used.includes('test') && used.includes('tollgate'), used.join(' '));
  for (const name of used) assert(name === 'ci' || Object.hasOwn(scripts, name), `npm ${name}`);
});

test('every command and option of tollgate in the README exists', () => {
  const commands = new Set([...CLI.matchAll(/\.command\('([\w-]+)'\)/g)].map(([, name]) => name));
  const used = [...CODE.matchAll(/\btollgate (?:-- )?([a-z]+)/g)].map(([, name]) => name);
  assert(used.length > 5, used.join(' '));
  for (const name of used) assert(commands.has(name), `tollgate ${name}`);
  const options = new Set([...CLI.matchAll(/ption\(\s*'(--[\w-]+)/g)].map(([, name]) => name));
  for (const [option] of CODE.matchAll(/(?<=\s|`)--[a-z][\w-]*/g)) assert(options.has(option), option);
});

test('the README takes its readers through check, test and explain', () => {
  const words = SHOWN.map(({ command }) => /^npm run -s tollgate -- (\w+)/.exec(command)?.[1]);
  assert.deepEqual(words, ['check', 'test', 'explain']);
  for (const command of ['keys new', 'audit verify']) assert(CODE.includes(`npm run -s tollgate -- ${command}`));
});

for (const { command, output = '' } of SHOWN) {
  test(`what the README shows of \`${command.slice(0, 60)}\` is what it prints`, async () => {
    const script = scripts['tollgate'] ?? '';
    const { stdout, stderr } = await runInShell(command.replace('npm run -s tollgate --', script));
    assert.equal(stderr, '');
    assert.equal(withoutDigest(stdout), withoutDigest(output));
  });
}

test('the calls of the demo are those the README names, in their order', () => {
  const shown = blocks.find((block) => block.includes('three instances\n')) ?? '';
  assert.deepEqual(
    shown.trimEnd().split('\n'),
    DEMO_STEPS.map(({ title }) => title),
  );
});

/** A configuration may change without its line in the README losing its meaning. */
function withoutDigest(text: string): string {
  return text.replace(/(?<=, digest )[0-9a-f]{16}\n/, '\n');
}

/** Resolves whatever the exit code is. */
function runInShell(command: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: ROOT, env: { PATH: path } }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}
