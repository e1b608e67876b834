// Rules in shadow mode, through the whole gateway: what they would change is counted, and nothing changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRuledGateway, toForwarded } from './support/ruled-gateway.ts';

const ENFORCED = { id: 'readers', allow: { tools: ['read_*'] }, to: { groups: ['readers'] } };
const RULES = [
  ENFORCED,
  { id: 'no-b', mode: 'shadow', deny: { tools: ['read_b'] } },
  { id: 'writers', mode: 'shadow', allow: { tools: ['write_a'] }, to: { groups: ['readers'] } },
  { id: 'own-tenant', mode: 'shadow', deny: { tools: ['read_a'] }, when: 'args.tenant != principal.claims.tenant' },
];
const DIFFERENCES = 'mcp_gateway_shadow_differences_total';
const DECISIONS = 'mcp_gateway_decisions_total';

test('a shadowed denial lets pass, a shadowed allow does not, and both are counted by rule', async (t) => {
  const { makeCaller, gateway, server } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'], tenant: 'acme' });
  const read = async (labels: object): Promise<number> => (await gateway.scrape()).get(DIFFERENCES, { ...labels });
  assert.equal((await caller.call('read_b', '{}')).status, 200);
  assert.deepEqual([await read({ rule: 'no-b', would: 'denied' }), await read({})], [1, 1]);
  assert.equal((await caller.call('write_a', '{}')).status, 403);
  assert.deepEqual([await read({ rule: 'writers', would: 'allowed' }), await read({})], [1, 2]);
  assert.equal((await caller.call('read_a', '{"tenant":"umbrella"}')).status, 200);
  assert.equal((await caller.call('read_a')).status, 200);
  assert.deepEqual([await read({ rule: 'own-tenant', would: 'denied' }), await read({})], [2, 4]);
  assert.equal((await caller.call('read_a', '{"tenant":"acme"}')).status, 200);
  assert.equal((await caller.call('secret_tool')).status, 403);
  assert.equal(await read({}), 4);
  assert.equal(toForwarded(server).length, 4);
});

test('decisions name enforced rules alone', async (t) => {
  const { makeCaller, gateway } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  for (const tool of ['read_a', 'read_b', 'write_a', 'secret_tool']) await caller.call(tool, '{}');
  const metrics = await gateway.scrape();
  assert.equal(metrics.get(DECISIONS, { rule: 'readers', decision: 'allowed' }), 2);
  assert.equal(metrics.get(DECISIONS, { rule: 'none', decision: 'no_rule' }), 2);
  assert.equal(metrics.get(DECISIONS), 4);
});

test('lists, challenges and hidden names are as if shadowed rules were not there', async (t) => {
  const plain = await startRuledGateway(t, { rules: [ENFORCED], endpoint: { onDeny: 'hide' } });
  const shadowed = await startRuledGateway(t, {
    rules: [
      ...RULES,
      { id: 'scoped', mode: 'shadow', allow: { tools: ['secret_tool'] }, to: { scopes: ['a:b'] } },
      { id: 'no-lists', mode: 'shadow', deny: { tools: ['*'], prompts: ['*'], resources: ['*://**'] } },
    ],
    endpoint: { onDeny: 'hide' },
  });
  const claims = { groups: ['readers'] };
  const [one, other] = [await plain.makeCaller(claims), await shadowed.makeCaller(claims)];
  for (const [method, params] of [
    ['tools/list', {}],
    ['prompts/list', {}],
    ['server/discover', {}],
    ['tools/call', { name: 'read_a' }],
    ['tools/call', { name: 'secret_tool' }],
    ['tools/call', { name: 'write_a' }],
    ['prompts/get', { name: 'open_prompt' }],
    ['resources/read', { uri: 'files://open/a' }],
  ] as const) {
    const [first, second] = [await one.ask(method, params), await other.ask(method, params)];
    assert.deepEqual([second.status, second.text], [first.status, first.text], method);
    assert.equal(second.headers.get('www-authenticate'), first.headers.get('www-authenticate'));
  }
});

test('putting shadowed rules in force changes the answers as was counted before', async (t) => {
  const { makeCaller, gateway, applyRules } = await startRuledGateway(t, { rules: RULES });
  const caller = await makeCaller({ groups: ['readers'] });
  assert.equal((await caller.call('read_b')).status, 200);
  await applyRules(RULES.map((rule) => ({ ...rule, mode: 'enforce' })));
  assert.equal((await caller.call('read_b')).status, 403);
  assert.equal((await gateway.scrape()).get(DECISIONS, { rule: 'no-b', decision: 'denied' }), 1);
});
