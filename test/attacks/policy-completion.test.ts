// The attacker may not get a prompt or read a resource, so it asks what completes them: the values would tell what they hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRuledGateway, toForwarded } from '../through/policy/support/ruled-gateway.ts';

const RULES = [
  {
    id: 'readers',
    allow: { prompts: ['open_*'], resources: ['files://open/**'] },
    to: { groups: ['readers'] },
  },
  { id: 'no-vault', deny: { prompts: ['open_vault'], resources: ['files://open/vault/**'] } },
  { id: 'scoped', allow: { prompts: ['scoped_prompt'] }, to: { scopes: ['prompts:scoped'] } },
];
const ARGUMENT = { name: 'id', value: 's' };

const FORBIDDEN: readonly [what: string, ref: object][] = [
  ['a prompt that no rule allows', { type: 'ref/prompt', name: 'secret_prompt' }],
  ['a prompt that is denied within an allow', { type: 'ref/prompt', name: 'open_vault' }],
  ['a prompt in full-width letters that would be denied in plain ones', { type: 'ref/prompt', name: 'open_ｖault' }],
  ['a prompt with an invisible letter', { type: 'ref/prompt', name: 'open_va\u{200b}ult' }],
  ['a template that no rule allows', { type: 'ref/resource', uri: 'files://secret/{id}' }],
  ['a template that is denied within an allow', { type: 'ref/resource', uri: 'files://open/vault/{id}' }],
  ['a template that could become anything', { type: 'ref/resource', uri: 'files://{+anything}' }],
  ['a template that is one variable', { type: 'ref/resource', uri: '{+uri}' }],
  [
    'a template whose first part is open and whose rest climbs out',
    { type: 'ref/resource', uri: 'files://open/../secret/{id}' },
  ],
  ['a template with an encoded separator', { type: 'ref/resource', uri: 'files://open/..%2fsecret/{id}' }],
  ['a template with encoded dots', { type: 'ref/resource', uri: 'files://open/%2e%2e/secret/{id}' }],
  ['a template in another case', { type: 'ref/resource', uri: 'FILES://open/{id}' }],
  ['a plain URI that is forbidden', { type: 'ref/resource', uri: 'files://secret/b' }],
  ['a prompt by an inherited name', { type: 'ref/prompt', name: 'constructor' }],
];

const AMBIGUOUS: readonly [what: string, ref: object][] = [
  ['a prompt that names a resource too', { type: 'ref/prompt', name: 'open_prompt', uri: 'files://secret/{id}' }],
  ['a resource that names a prompt too', { type: 'ref/resource', uri: 'files://open/{id}', name: 'secret_prompt' }],
  ['a type that does not exist', { type: 'ref/tool', name: 'open_prompt' }],
  ['a type in another case', { type: 'ref/Prompt', name: 'open_prompt' }],
  ['no type', { name: 'open_prompt' }],
  ['a name that is no text', { type: 'ref/prompt', name: ['open_prompt'] }],
  ['a name that ends in NUL', { type: 'ref/prompt', name: 'open_prompt\0' }],
  ['a name in another case', { type: 'ref/prompt', Name: 'secret_prompt', name: 'open_prompt' }],
];

test('what may not be used may not be completed, and the server is not asked', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  for (const [what, ref] of FORBIDDEN) {
    const { status, text } = await caller.ask('completion/complete', { ref, argument: ARGUMENT });
    assert.deepEqual([status, JSON.parse(text).error.data], [403, { reason: 'denied' }], what);
    assert.equal(JSON.stringify(text).includes('secret'), false);
  }
  assert.deepEqual(toForwarded(server), []);
});

test('a reference that two readers could read differently is refused', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  for (const [what, ref] of AMBIGUOUS) {
    const { status, text } = await caller.ask('completion/complete', { ref, argument: ARGUMENT });
    assert.equal(status, 400, `${what}: ${text}`);
  }
  const twice = await caller.ask('completion/complete', {
    ref: [{ type: 'ref/prompt', name: 'open_prompt' }],
    argument: ARGUMENT,
  });
  assert.equal(twice.status, 400);
  assert.deepEqual(toForwarded(server), []);
});

test('what may be used may be completed, and a scope that would open it is asked for', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  for (const ref of [
    { type: 'ref/prompt', name: 'open_prompt' },
    { type: 'ref/resource', uri: 'files://open/{id}' },
  ])
    assert.equal((await caller.ask('completion/complete', { ref, argument: ARGUMENT })).status, 200);
  assert.equal(toForwarded(server).length, 2);
  const ref = { type: 'ref/prompt', name: 'scoped_prompt' };
  const challenged = await caller.ask('completion/complete', { ref, argument: ARGUMENT });
  assert.equal(challenged.status, 403);
  assert.match(challenged.headers.get('www-authenticate') ?? '', /scope="prompts:scoped", error="insufficient_scope"/);
});

test('with a name in the header, a completion is no other request', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  const ref = { type: 'ref/prompt', name: 'secret_prompt' };
  const { status } = await caller.ask('completion/complete', { ref, argument: ARGUMENT }, { name: 'open_prompt' });
  assert.ok(status === 400 || status === 403);
  assert.deepEqual(toForwarded(server), []);
});
