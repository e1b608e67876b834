// The pages about the code name all of its parts, in the order the code has them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REFUSAL_KINDS } from '../../gateway/refusal.ts';
import { findCode } from './links-in-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const LIFE = read('docs/life-of-a-request.md');
const ARCHITECTURE = read('docs/architecture.md');

test('the architecture page names every folder and file right below gateway/', () => {
  const [folders = ''] = findCode(ARCHITECTURE).blocks;
  for (const entry of readdirSync(join(ROOT, 'gateway'), { withFileTypes: true })) {
    if (entry.name.startsWith('compose')) assert(ARCHITECTURE.includes(`| \`${entry.name}\` |`), entry.name);
    else assert(folders.includes(` ${entry.name}${entry.isDirectory() ? '/ ' : ''}`), entry.name);
  }
});

test('the life of a request has a row for every stage of the pipeline, in their order', () => {
  const [, body = ''] = /interface Stages \{\n([^]*?)\n\}/.exec(read('gateway/pipeline.ts')) ?? [];
  const stages = [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name);
  const [, table = ''] = /\| stage \|[^\n]*\n\| ---[^\n]*\n([^]*?)\n\n/.exec(LIFE) ?? [];
  const rows = [...table.matchAll(/^\| (\w+) \|/gm)].map(([, name]) => name);
  assert(stages.length > 5, body);
  assert.deepEqual(
    rows.filter((name) => name !== 'readBody'),
    stages,
  );
});

test('the life of a request tells where every kind of refusal comes from', () => {
  const { spans } = findCode(LIFE);
  assert.deepEqual(
    REFUSAL_KINDS.filter((kind) => !spans.includes(kind)),
    [],
  );
});
