// The files that are committed beside the code agree with it: schema, example, documentation.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../../gateway/cli/check.ts';
import { makeSchemaFiles } from '../../../gateway/config/write-schemas.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const EXAMPLE = path.join(ROOT, 'policies/gateway.yaml');
const SCHEMA = 'gateway.schema.json';

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

/** Every key with its path as the documentation writes it, such as `upstreams.<name>.tls.ca`. */
function listKeys(schema: Schema, at: string): { key: string; schema: Schema }[] {
  const keys: { key: string; schema: Schema }[] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const key = at === '' ? name : `${at}.${name}`;
    keys.push({ key, schema: child }, ...listKeys(child, key));
  }
  const { additionalProperties: chosen, items } = schema;
  if (typeof chosen === 'object') keys.push(...listKeys(chosen, `${at}.${toWord(at)}`));
  if (items !== undefined) keys.push(...listKeys(items, `${at}[]`));
  return keys;
}

function toWord(at: string): string {
  if (at === 'upstreams') return '<name>';
  return at === 'endpoints' ? '<path>' : '<id>';
}

const keys = listKeys(JSON.parse(makeSchemaFiles().get(SCHEMA) ?? '{}') as Schema, '');

test('the committed schema is the one the code makes: npm run schema', () => {
  for (const [name, contents] of makeSchemaFiles()) {
    assert.equal(readFileSync(path.join(ROOT, 'policies/schema', name), 'utf8'), contents);
  }
});

test('every key of the schema has a description for editors', () => {
  assert.ok(keys.length > 60);
  for (const { key, schema } of keys) assert.ok((schema.description ?? '').length > 3, key);
});

test('the documentation has a row for every key of the schema, with its default', () => {
  const rows = readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8').split('\n');
  for (const { key, schema } of keys) {
    const row = rows.find((line) => line.startsWith(`| \`${key}\` `));
    assert.ok(row !== undefined, `no row for ${key}`);
    const written = typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default);
    if (written !== undefined && written !== '{}') assert.ok(row.includes(`\`${written}\``), `${key} is ${written}`);
  }
});

test('the documentation has no row for a key that does not exist', () => {
  const documented = readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8').matchAll(/^\| `([^`]+)` +\|/gm);
  const known = new Set(keys.map(({ key }) => key));
  for (const [, key] of documented) assert.ok(known.has(key ?? ''), key);
});

test('the example mentions every key that has a fixed name', () => {
  const example = readFileSync(EXAMPLE, 'utf8');
  for (const { key } of keys) {
    const name = key.split('.').at(-1) ?? '';
    assert.match(example, new RegExp(`\\b${name}:`), key);
  }
});

test('the example names its schema and passes the check', () => {
  assert.match(readFileSync(EXAMPLE, 'utf8'), /^# yaml-language-server: \$schema=schema\/gateway\.schema\.json\n/);
  const printed: string[] = [];
  const output = { write: (text: string) => printed.push(text) };
  assert.equal(runCheck({ configFile: EXAMPLE, env: {}, out: output, err: output }), 0);
  assert.match(printed.join(''), /^ok .*gateway\.yaml: 1 endpoint, 1 upstream, 1 file, digest [0-9a-f]{16}\n$/);
});
