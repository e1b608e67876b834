// Files that are no configuration at all, or try to be too much of one: each is an error in words, never an exception.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';
import { LEAST, makeConfigDir } from './make-config-dir.ts';

const LAUGHS = [
  'a0: &a0 [x]',
  ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]`),
].join('\n');

const HOSTILE: readonly [string, string | Buffer, RegExp][] = [
  ['an empty file', '', /^1:1: expected a mapping, found nothing$/],
  ['a file of comments', '# nothing\n', /^\d:\d+: expected a mapping, found nothing$/],
  ['a scalar', 'hello', /^1:1: expected a mapping, found `hello`$/],
  ['a list', '- a', /^1:1: expected a mapping, found a list$/],
  ['bad UTF-8', Buffer.from([0x61, 0x3a, 0xff]), /^1:1: expected UTF-8$/],
  ['UTF-16', Buffer.from('\uFEFFa: 1', 'utf16le'), /^1:1: expected UTF-8$/],
  ['a NUL', 'a: 1\nb: x\0y\n', /^2:5: holds a character that YAML does not allow/],
  ['an escape character of terminals', 'a: \u001b[31m\n', /^1:4: holds a character/],
  ['the characters that stand in for braces', 'a: $\uFDD0X\uFDD1\n', /^1:5: holds a character/],
  ['a tab as indentation', 'listen:\n\tport: 1\n', /^2:1: is not valid YAML: Tabs are not allowed/],
  [
    'two documents',
    `${LEAST}---\na: 1\n`,
    /^5:1: expected one document, found several$|^5:1: is not valid YAML: expected one document/,
  ],
  ['YAML 1.1', `%YAML 1.1\n---\n${LEAST}`, /^1:1: expected YAML 1\.2$/],
  ['a tag of its own', `a: !!js/function x\n${LEAST}`, /^1:4: is not valid YAML: Unresolved tag/],
  ['a binary tag', `a: !!binary aGk=\n${LEAST}`, /Unresolved tag/],
  ['a mapping as a key', `? { a: 1 }\n: 1\n${LEAST}`, /all keys must be strings/],
  ['a key twice', `${LEAST}upstreams: {}\n`, /^5:1 upstreams: the key appears twice in this mapping$/],
  ['a key twice in two spellings', `workers: 1\n"w\\x6frkers": 2\n${LEAST}`, /^2:1 workers: the key appears twice/],
  ['an alias to nothing', `workers: *n\n${LEAST}`, /^1:1 workers: the alias `\*n` has no finished anchor before it$/],
  [
    'an alias inside itself',
    `limits: &l { body: *l }\n${LEAST}`,
    /limits\.body: the alias `\*l` has no finished anchor/,
  ],
  ['a billion laughs', `${LAUGHS}\n${LEAST}`, /aliases stand for more than 10000 values$/],
  [
    'many aliases of a large list',
    `a: &a [${'x,'.repeat(900)}]\nb: [${'*a,'.repeat(900)}]\n${LEAST}`,
    /b\[11\]: aliases stand for/,
  ],
  ['deep flow nesting', `a: ${'['.repeat(100)}${']'.repeat(100)}\n${LEAST}`, /is nested deeper than 32 levels$/],
  ['bottomless flow nesting', '['.repeat(20_000), /is not valid YAML|nested too deeply/],
  ['bottomless block nesting', '- '.repeat(20_000), /is not valid YAML|nested too deeply/],
  ['bottomless keys', '? '.repeat(20_000), /is not valid YAML|nested too deeply/],
  ['more than 1 MiB', Buffer.alloc(2 ** 20 + 1, '#'), /^1:1: the file is larger than 1048576 bytes$/],
];
for (const [what, contents, expected] of HOSTILE) {
  test(`${what} is refused in words`, (t) => {
    const errors = makeConfigDir(t).refuse(contents);
    assert.ok(
      errors.some((error) => expected.test(error)),
      errors.slice(0, 5).join('\n'),
    );
  });
}

test('a file of exactly 1 MiB is read', (t) => {
  const dir = makeConfigDir(t);
  assert.deepEqual(dir.refuse(`${LEAST}#${' '.repeat(2 ** 20 - LEAST.length - 1)}`), []);
});

test('a file with fifty thousand unknown keys is refused key by key', (t) => {
  const keys = Array.from({ length: 50_000 }, (_, n) => `key${n}: 1\n`).join('');
  assert.equal(makeConfigDir(t).refuse(`${LEAST}${keys}`).length, 50_000);
});

test('names of the object prototype are ordinary names', (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const config = makeConfigDir(t).load(
    [
      'identity: { anonymous: true }',
      'upstreams:',
      ...names.map((name) => `  ${name}: { instances: [http://a/] }`),
      'endpoints:',
      ...names.map((name) => `  /${name}: { upstream: ${name} }`),
    ].join('\n'),
  );
  assert.deepEqual([...config.upstreams.keys()], names);
  assert.deepEqual(
    [...config.endpoints.values()].map(({ routes }) => routes[0]?.upstream),
    names,
  );
});

test('names of the object prototype are unknown keys and unset variables', (t) => {
  const dir = makeConfigDir(t);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.match(dir.refuse(`${LEAST}${name}: {}\n`).join('\n'), new RegExp(`^5:1 ${name}: unknown key`));
    assert.match(
      dir.refuse(`limits: { ${name}: 1 }\n${LEAST}`).join('\n'),
      new RegExp(`limits\\.${name}: unknown key`),
    );
    assert.match(
      dir.refuse(`publicUrl: \${${name}}\n${LEAST}`, process.env).join('\n'),
      /is not set and has no default$/,
    );
  }
});

test('what is not a regular file is refused without waiting for it', (t) => {
  const dir = makeConfigDir(t);
  const base = path.dirname(dir.file);
  mkdirSync(path.join(base, 'directory'));
  execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(base, 'pipe')]);
  symlinkSync('loop', path.join(base, 'loop'));
  dir.write('plain', '');
  const told = (name: string): string => {
    const loaded = loadConfig(path.join(base, name), {});
    return loaded.ok ? '' : loaded.errors.map((error) => formatConfigError(error).slice(base.length + 1)).join('\n');
  };
  assert.equal(told('missing'), 'missing:1:1: the file does not exist');
  assert.equal(told('plain/x'), 'plain/x:1:1: the file does not exist');
  assert.equal(told('directory'), 'directory:1:1: the file is a directory');
  assert.equal(told('pipe'), 'pipe:1:1: the file is not a regular file');
  assert.equal(told('loop'), 'loop:1:1: the file cannot be read (ELOOP)');
  assert.equal(told('a\0b'), 'a\\u{0}b:1:1: the file cannot be read (ERR_INVALID_ARG_VALUE)');
});

test('no text at all makes the loader throw', (t) => {
  const dir = makeConfigDir(t);
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&a ',
    '*a',
    '!t ',
    '${X}',
    '$',
    '"',
    "'",
    '|',
    '#',
    'listen',
    'upstreams',
    '? ',
    '---\n',
    '\0',
    '\uD800',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
      assert.ok(dir.refuse(parts.join('')).length > 0);
    }),
    { numRuns: 300 },
  );
});
