// The files that are committed beside the code agree with it: schemas, examples, documentation.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCheck } from '../../../gateway/cli/check.ts';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';
import { makeSchemaFiles } from '../../../gateway/config/write-schemas.ts';
import { SEALING_SECRET } from './make-config-dir.ts';
import { CERT, ED25519_KEY, KEY } from './pem-samples.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const POLICIES = path.join(ROOT, 'policies');
/** Schema -> example, both under policies. */
const FILES = new Map([
  ['gateway.schema.json', 'gateway.yaml'],
  ['access.schema.json', 'access/weather.yaml'],
]);

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Every key with its path as the documentation writes it, such as `upstreams.<name>.tls.ca`. */
function listKeys(schema: Schema, at: string): { key: string; schema: Schema }[] {
  const keys: { key: string; schema: Schema }[] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const key = at === '' ? name : `${at}.${name}`;
    keys.push({ key, schema: child }, ...listKeys(child, key));
  }
  const { additionalProperties: chosen, items, anyOf = [] } = schema;
  if (typeof chosen === 'object') keys.push(...listKeys(chosen, `${at}.${toWord(at)}`));
  if (items !== undefined) keys.push(...listKeys(items, `${at}[]`));
  return [...keys, ...anyOf.flatMap((choice) => listKeys(choice, at))];
}

function toWord(at: string): string {
  if (at === 'upstreams' || at.endsWith('.headers')) return '<name>';
  return at === 'endpoints' ? '<path>' : '<id>';
}

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const keysOf = (name: string) => listKeys(JSON.parse(makeSchemaFiles().get(name) ?? '{}') as Schema, '');
const keys = [...FILES.keys()].flatMap(keysOf);

test('the committed schemas are those the code makes: npm run schema', () => {
  assert.deepEqual([...makeSchemaFiles().keys()], [...FILES.keys()]);
  for (const [name, contents] of makeSchemaFiles()) assert.equal(read(`policies/schema/${name}`), contents);
});

test('every key of the schemas has a description for editors', () => {
  assert.ok(keys.length > 120);
  for (const { key, schema } of keys) assert.ok((schema.description ?? '').length > 3, key);
});

test('names in the schemas are described by expressions that need no flag', () => {
  const patterns = [...makeSchemaFiles().values()].join('').matchAll(/"pattern": (".+")/g);
  for (const [, pattern = ''] of patterns) {
    const source = JSON.parse(pattern) as string;
    assert.doesNotMatch(source, /\\p\{|\\u\{/);
    assert.doesNotThrow(() => new RegExp(source, 'u'));
  }
});

test('the documentation has a row for every key of the schemas, with its default', () => {
  const rows = read('docs/configuration.md').split('\n');
  for (const { key, schema } of keys) {
    const row = rows.find((line) => line.startsWith(`| \`${key}\` `));
    assert.ok(row !== undefined, `no row for ${key}`);
    const written = toWritten(schema.default);
    if (written !== undefined && written !== '{}') assert.ok(row.includes(`\`${written}\``), `${key} is ${written}`);
  }
});

function toWritten(value: unknown): string | undefined {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

test('the documentation has no row for a key that does not exist', () => {
  const documented = read('docs/configuration.md').matchAll(/^\| `([^`]+)` +\|/gm);
  const known = new Set(keys.map(({ key }) => key));
  for (const [, key] of documented) assert.ok(known.has(key ?? ''), key);
});

test('the documentation has no key twice', () => {
  const documented = [...read('docs/configuration.md').matchAll(/^\| `([^`]+)` +\|/gm)].map(([, key]) => key);
  assert.equal(new Set(documented).size, documented.length);
});

for (const [schema, example] of FILES) {
  test(`the example ${example} mentions every key of its schema that has a fixed name`, () => {
    const text = read(`policies/${example}`);
    for (const { key } of keysOf(schema)) assert.match(text, new RegExp(`\\b${key.split('.').at(-1)}:`), key);
  });

  test(`the example ${example} names its schema, relative to itself`, () => {
    const [, name = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(read(`policies/${example}`)) ?? [];
    assert.equal(path.join(path.dirname(example), name), path.join('schema', schema));
  });
}

test('the example passes the check as it is', () => {
  const printed: string[] = [];
  const output = { write: (text: string) => printed.push(text) };
  assert.equal(runCheck({ configFile: path.join(POLICIES, 'gateway.yaml'), env: {}, out: output, err: output }), 0);
  assert.match(printed.join(''), /^ok .*gateway\.yaml: 1 endpoint, 1 upstream, 1 file, digest [0-9a-f]{16}\n$/);
});

const ENVIRONMENT = {
  EXAMPLE_TOKEN: 'token',
  BILLING_SECRET: 'secret',
  TOLLGATE_SEALING_KEY: SEALING_SECRET,
  TOLLGATE_OLD_SEALING_KEY: Buffer.alloc(32, 8).toString('base64'),
  TOLLGATE_COLLECTOR_KEY: 'key',
};

/** A copy of the examples with every setting that is switched off switched on, and with the files they name. */
function copyAllOn(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tollgate-example-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  cpSync(POLICIES, directory, { recursive: true });
  for (const example of FILES.values()) {
    const on = read(`policies/${example}`)
      .replaceAll(/^( *)#(?! |$)/gm, '$1')
      .replaceAll(/^( *)#( {2,}\S)/gm, '$1$2');
    writeFileSync(path.join(directory, example), on);
  }
  const contents = { 'server.pem': CERT, 'server.key': KEY, 'ca.pem': CERT, 'client.pem': CERT, 'client.key': KEY };
  for (const name of ['tls', 'secrets']) mkdirSync(path.join(directory, name));
  for (const [name, pem] of Object.entries(contents)) writeFileSync(path.join(directory, 'tls', name), pem);
  writeFileSync(path.join(directory, 'secrets/files-key'), 'a file secret\n');
  writeFileSync(path.join(directory, 'tls/audit.key'), ED25519_KEY);
  return path.join(directory, 'gateway.yaml');
}

test('the example is sound with all its settings switched on', (t) => {
  const loaded = loadConfig(copyAllOn(t), ENVIRONMENT);
  assert.equal(loaded.ok ? '' : loaded.errors.map(formatConfigError).join('\n'), '');
  assert.ok(loaded.ok);
  const { upstreams, endpoints, identity, quotas, sealing, telemetry } = loaded.config;
  assert.deepEqual(
    [...upstreams.values()].map(({ credential }) => credential?.kind),
    ['bearer', 'header', 'assertion', 'exchange', 'forward'],
  );
  assert.deepEqual([...endpoints.keys()], ['/mcp', '/many/mcp', '/notes/mcp']);
  assert.equal(identity.issuers.length, 1);
  assert.deepEqual(
    endpoints.get('/mcp')?.access?.map(({ id }) => id),
    ['forecasts', 'administrators', 'nothing-is-deleted', 'partners', 'own-tenant-only', 'candidate', 'hello'],
  );
  assert.equal(endpoints.get('/many/mcp')?.extensions.size, 1);
  assert.deepEqual(
    quotas?.rules.map(({ id }) => id),
    ['calls', 'lists', 'width', 'tasks'],
  );
  assert.equal(sealing.keys.length, 2);
  assert.equal(telemetry.traces?.headers.get('x-collector-key'), 'key');
});
