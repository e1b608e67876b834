// The attacker spells a forbidden name so that the rules do not know it and the server still does: another form of Unicode,
// letters nobody sees, percent-encoding, a path that climbs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRuledGateway, toForwarded } from '../through/policy/support/ruled-gateway.ts';

const RULES = [
  {
    id: 'all',
    allow: { tools: ['*'], prompts: ['*'], resources: ['files://**', 'https://**'] },
    to: { everyone: true },
  },
  {
    id: 'none',
    deny: {
      tools: ['delete_all', 'größe'],
      prompts: ['delete_all'],
      resources: ['files://vault/**', 'files://gr%C3%B6%C3%9Fe', 'https://vault.example/**'],
    },
  },
];

const NAMES = [
  'delete_all',
  'ｄelete_all',
  'delete＿all',
  'delete\u{200b}_all',
  '\u{feff}delete_all',
  'delete_all\u{200d}',
  'delete\u{ad}_all',
  'delete\u{2060}_all',
  'delete_\u{1d41a}ll',
  'ⓓelete_all',
  'delete_all\u{e0001}',
  'delete_all ',
  ' delete_all',
  'delete_all\t',
  'delete_all\u{3000}',
  'delete_all\u{fe0f}',
  'gro\u{308}ße',
  'größe',
];

const URIS = [
  'files://vault/a',
  'files://open/../vault/a',
  'files://open/./../vault/a',
  'files://open/%2e%2e/vault/a',
  'files://open/%2E%2E/vault/a',
  'files://open/.%2e/vault/a',
  'files://open/..;x=1/vault/a',
  'files://open%2f..%2fvault/a',
  'files://vault%2fa',
  'files://vault/%61',
  'files://%76ault/a',
  'files://v%61ult/a',
  'files://vault/%252e',
  'files://open\\..\\vault\\a',
  'files://open/%5c..%5cvault',
  'files://VAULT/a',
  'FILES://vault/a',
  'files://user@vault/a',
  'files:///vault/../vault/a',
  'files://vault//a',
  'files://vault/a#x',
  'files://vault/a?',
  'files://vault/a?x=/../../open',
  'files://ｖault/a',
  'files://vault\u{200b}/a',
  'files://vault/\u{0}',
  'files://vault/%00',
  'files://vault/%0a',
  'files://vault/%c0%af',
  'files://vault／a',
  'files://gro%CC%88%C3%9Fe',
  'files://gr%C3%B6%C3%9Fe',
  'https://vault.example/a',
  'https://vault%2eexample/a',
  'https://VAULT.example/a',
  'https://vault.example:443/a',
  'https://vault.example./a',
  'https://vault.example.:443/a',
  'https://vault.example/a',
  'https://vault%2eexample/a',
];

test('no spelling of a forbidden tool or prompt reaches the server', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller();
  for (const name of NAMES) {
    for (const method of ['tools/call', 'prompts/get']) {
      if (method === 'prompts/get' && name.startsWith('gr')) continue;
      const { status, text } = await caller.ask(method, { name });
      assert.ok(status === 403 || status === 400, `${method} ${JSON.stringify(name)}: ${status} ${text}`);
    }
  }
  assert.deepEqual(toForwarded(server), []);
});

test('no spelling of a forbidden resource reaches the server, for reading, completing or listening', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller();
  for (const uri of URIS) {
    const { status, text } = await caller.ask('resources/read', { uri });
    assert.ok(status === 403 || status === 400, `${JSON.stringify(uri)}: ${status} ${text}`);
    const ref = { type: 'ref/resource', uri };
    const completed = await caller.ask('completion/complete', { ref, argument: { name: 'a', value: '' } });
    assert.ok(completed.status >= 400, `completion of ${JSON.stringify(uri)}`);
  }
  assert.deepEqual(toForwarded(server), []);
});

test('percent-encoding of a tool name is another name, which no rule denies and no server decodes', async (t) => {
  const library = { tools: ['delete_all'] };
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES, library });
  const caller = await makeCaller();
  await caller.ask('tools/call', { name: 'delete%5Fall' });
  assert.deepEqual(
    toForwarded(server).map(({ message }) => message.params['name']),
    ['delete%5Fall'],
  );
});

test('an allow is never gained by a spelling', async (t) => {
  const rules = [{ id: 'one', allow: { tools: ['open_tool'], resources: ['files://open/*'] }, to: { everyone: true } }];
  const { makeCaller, server } = await startRuledGateway(t, { rules });
  const caller = await makeCaller();
  for (const name of [
    'Open_tool',
    'open_tool ',
    'ｏpen_tool',
    'open_tool\u{200b}',
    'open%5Ftool',
    'open_tool2',
    'open_',
  ])
    assert.ok((await caller.ask('tools/call', { name })).status >= 400, name);
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '*', '', 'open_*'])
    assert.ok((await caller.ask('tools/call', { name })).status >= 400, name);
  for (const uri of [
    'Files://open/a',
    'files://OPEN/a',
    'files://open',
    'files://open/a/b',
    'files://open/a%2fb',
    'files://open/*/..',
  ])
    assert.ok((await caller.ask('resources/read', { uri })).status >= 400, uri);
  assert.deepEqual(toForwarded(server), []);
});

test('an escaped name is the same name, for rules and in the header', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller();
  // The header must agree, so the body alone cannot hide it.
  const lie = await caller.ask('tools/call', { name: 'delete_all' }, { name: 'read_a' });
  assert.equal(JSON.parse(lie.text).error.code, -32020);
  assert.deepEqual(toForwarded(server), []);
});
