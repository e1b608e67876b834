// What the page and the example show can be pasted: every fragment is sound.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { withAccess } from './access-samples.ts';
import { type ConfigDir, KEYS, LEAST, makeConfigDir, SEALING_SECRET } from './make-config-dir.ts';
import { CERT, KEY } from './pem-samples.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8');
const EXAMPLE = readFileSync(path.join(ROOT, 'policies/gateway.yaml'), 'utf8');
const ENVIRONMENT = {
  TOLLGATE_SEALING_KEY: SEALING_SECRET,
  TOLLGATE_OLD_SEALING_KEY: Buffer.alloc(32, 8).toString('base64'),
  PW: 'password',
};

const blocks = [...PAGE.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
const rules = blocks.filter((text) => text.includes('\nrules:'));
const sections = blocks.filter((text) => !rules.includes(text));

test('the fragments of gateway.yaml on the page are sound together', (t) => {
  assert.equal(sections.length, 4);
  const extensions = 'extensions: { io.modelcontextprotocol/tasks: { to: { everyone: true } } }\n';
  const config = makeConfigDir(t).load(`${sections.join('')}${extensions}${LEAST}`, ENVIRONMENT);
  assert.equal(config.quotas?.rules.length, 5);
});

test('the access file on the page is sound', (t) => {
  const dir = makeConfigDir(t);
  assert.equal(rules.length, 1);
  dir.write('a.yaml', rules[0] ?? '');
  assert.equal(dir.load(withAccess('a.yaml')).endpoints.get('/mcp')?.access?.length, 4);
});

const stores = [...EXAMPLE.matchAll(/^# +# store: (.*)$/gm)].map(([, store = '']) => store);

function makeStoreDir(t: TestContext): ConfigDir {
  const dir = makeConfigDir(t);
  for (const name of ['tls/ca.pem', 'tls/client.pem']) dir.write(name, CERT);
  dir.write('tls/client.key', KEY);
  dir.write('secrets/pw', 'secret');
  return dir;
}

test('the example shows every kind of store, and each is sound', (t) => {
  const dir = makeStoreDir(t);
  const kinds = stores.map((store) => {
    const read = dir.load(`quotas: { store: ${store} }\n${KEYS}${LEAST}`, ENVIRONMENT).quotas?.store;
    return read?.kind === 'redis' ? read.mode : read?.kind;
  });
  assert.deepEqual(kinds, ['memory', 'single', 'sentinel', 'cluster']);
});
