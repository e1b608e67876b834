// The attacker guesses names where denials are hidden: a difference of one byte between "forbidden" and "not there" would tell
// which tools, prompts and resources exist for others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toEvent } from '../support/fake-upstream.ts';
import type { RawAnswer } from '../support/mcp-request.ts';
import type { LibraryOptions } from '../through/policy/support/library.ts';
import { type Caller, startRuledGateway } from '../through/policy/support/ruled-gateway.ts';

const RULES = [
  {
    id: 'readers',
    allow: { tools: ['read_*'], prompts: ['open_*'], resources: ['files://open/**'] },
    to: { groups: ['readers'] },
  },
  { id: 'admins', allow: { tools: ['*'], prompts: ['*'], resources: ['files://**'] }, to: { groups: ['admins'] } },
  { id: 'no-vault', deny: { tools: ['read_vault'], prompts: ['open_vault'], resources: ['files://open/vault'] } },
];

/** Forbidden and there, forbidden and not there, denied within an allow, and allowed but not there. */
const TOOLS = ['secret_tool', 'secret_none', 'read_vault', 'read_nothing'];
const PROMPTS = ['secret_prompt', 'secret_none', 'open_vault', 'open_nothing'];
const RESOURCES = ['files://secret/b', 'files://secret/none', 'files://open/vault', 'files://open/nothing'];
const TEMPLATES = ['files://secret/{id}', 'files://none/{id}', 'files://open/vault', 'files://open/{nothing}'];

const LIBRARY: LibraryOptions = {
  tools: ['read_a', 'secret_tool', 'read_vault'],
  prompts: ['open_prompt', 'secret_prompt', 'open_vault'],
  resources: ['files://open/a', 'files://secret/b', 'files://open/vault'],
};

const DOORS: readonly [what: string, names: readonly string[], method: string, toParams: (name: string) => object][] = [
  ['tools', TOOLS, 'tools/call', (name) => ({ name, arguments: {} })],
  ['prompts', PROMPTS, 'prompts/get', (name) => ({ name })],
  ['resources', RESOURCES, 'resources/read', (uri) => ({ uri })],
  ['prompts by completion', PROMPTS, 'completion/complete', (name) => toCompletion({ type: 'ref/prompt', name })],
  ['templates by completion', TEMPLATES, 'completion/complete', (uri) => toCompletion({ type: 'ref/resource', uri })],
];

const toCompletion = (ref: object): object => ({ ref, argument: { name: 'id', value: '' } });

/** All that the client sees but the time of day. */
function toBytes({ status, headers, text, whole }: RawAnswer): string {
  const lines = [...headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`);
  return [status, ...lines, text, whole].join('\n');
}

async function assertAlike(caller: Caller, [what, names, method, toParams]: (typeof DOORS)[number]): Promise<void> {
  const answers = new Map<string, string[]>();
  for (const name of names) {
    const answer = toBytes(await caller.ask(method, toParams(name), { id: 'same' }));
    answers.set(answer, [...(answers.get(answer) ?? []), name]);
  }
  assert.equal(answers.size, 1, `${what} differ: ${JSON.stringify([...answers], null, 1)}`);
  const [answer = ''] = answers.keys();
  assert.match(answer, /^400\n/);
  assert.match(
    answer,
    /"id":"same","error":\{"code":-32602,"message":"Unknown name\.","data":\{"reason":"unknown_name"\}\}/,
  );
  for (const name of names) assert.ok(!answer.includes(name));
}

for (const [form, library] of [
  ['JSON', {}],
  ['JSON with status 400', { errorStatus: 400 }],
  ['JSON with status 404', { errorStatus: 404 }],
  ['events', { media: 'events' }],
  ['events behind a comment', { media: 'events', before: ': wait\n\n' }],
  ['events behind others', { media: 'events', before: toEvent({ method: 'notifications/message', params: {} }) }],
] as const) {
  test(`forbidden, unknown and missing names answer byte for byte alike, errors of the server come as ${form}`, async (t) => {
    const { makeCaller } = await startRuledGateway(t, {
      rules: RULES,
      library: { ...LIBRARY, ...library },
      endpoint: { onDeny: 'hide' },
    });
    const [reader, admin] = [await makeCaller({ groups: ['readers'] }), await makeCaller({ groups: ['admins'] })];
    for (const door of DOORS) await assertAlike(reader, door);
    // The same again, once everything is known that lists tell.
    for (const list of ['tools/list', 'prompts/list', 'resources/list'])
      assert.equal((await reader.ask(list)).status, 200);
    for (const door of DOORS) await assertAlike(reader, door);
    for (const name of ['read_a', 'secret_tool']) assert.equal((await admin.ask('tools/call', { name })).status, 200);
    assert.equal((await reader.ask('tools/call', { name: 'read_a' })).status, 200);
    assert.equal((await reader.ask('prompts/get', { name: 'open_prompt' })).status, 200);
    assert.equal((await reader.ask('resources/read', { uri: 'files://open/a' })).status, 200);
  });
}

test('spellings that no rule can fit look like unknown names too', async (t) => {
  const { makeCaller } = await startRuledGateway(t, { rules: RULES, library: LIBRARY, endpoint: { onDeny: 'hide' } });
  const reader = await makeCaller({ groups: ['readers'] });
  const uris = ['files://open/../secret/b', 'files://open/%2e%2e/secret/b', 'files://open/a%2fb', 'files://open/a b'];
  await assertAlike(reader, ['URIs', uris, 'resources/read', (uri) => ({ uri })]);
  const tools = ['read_\u{200b}a', 'constructor', '__proto__', 'ｒead_a', 'read_a '];
  await assertAlike(reader, ['tools', tools, 'tools/call', (name) => ({ name })]);
});

test('where denials are told, a forbidden name and an unknown one without a rule answer alike', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES, library: LIBRARY });
  const reader = await makeCaller({ groups: ['readers'] });
  for (const [, [there = '', none = ''], method, toParams] of DOORS) {
    const [one, other] = [await reader.ask(method, toParams(there)), await reader.ask(method, toParams(none))];
    assert.equal(toBytes(one), toBytes(other));
    assert.equal(one.status, 403);
  }
  assert.equal(
    server.hits.some(({ message }) => message.method === 'tools/call'),
    false,
  );
});

test('an error too large to be gathered with others is hidden too', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES, endpoint: { onDeny: 'hide' } });
  server.behave(({ message: { id } }, response) => {
    const error = { code: -32602, message: 'x'.repeat(400 * 1024) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error }));
  });
  const reader = await makeCaller({ groups: ['readers'] });
  await assertAlike(reader, ['resources', RESOURCES, 'resources/read', (uri) => ({ uri })]);
});
