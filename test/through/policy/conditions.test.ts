// Rules with conditions, through the whole gateway: what a call says in its arguments decides, exactly as it says it.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HeaderLines } from '../../support/mcp-request.ts';
import { toTool } from '../support/tool-server.ts';
import { startRuledGateway, toForwarded } from './support/ruled-gateway.ts';

const EVERYTHING = { id: 'all', allow: { tools: ['*'] }, to: { everyone: true } };
const TENANT = { id: 'own-tenant', deny: { tools: ['*'] }, when: 'args.tenant != principal.claims.tenant' };

type Row = readonly [what: string, args: string | undefined, status: 200 | 403];

async function judge(
  t: TestContext,
  rules: readonly object[],
  rows: readonly Row[],
  claims: object = {},
): Promise<void> {
  const { makeCaller, server } = await startRuledGateway(t, { rules });
  const caller = await makeCaller(claims);
  for (const [what, args, status] of rows) {
    const before = toForwarded(server).length;
    const answer = await caller.call('read_a', args);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.equal(toForwarded(server).length - before, status === 200 ? 1 : 0, what);
    if (status === 403) assert.deepEqual(JSON.parse(answer.text).error.data, { reason: 'denied' });
  }
}

test('a caller reaches its own tenant and no other, however the argument is spelled', (t) =>
  judge(
    t,
    [EVERYTHING, TENANT],
    [
      ['its own', '{"tenant":"acme"}', 200],
      ['its own, escaped', '{"ten\\u0061nt":"\\u0061cme"}', 200],
      ['another', '{"tenant":"umbrella"}', 403],
      ['another, escaped', '{"t\\u0065nant":"umbrella"}', 403],
      ['none', '{}', 403],
      ['no arguments', undefined, 403],
      ['null', '{"tenant":null}', 403],
      ['a list that holds it', '{"tenant":["acme"]}', 403],
      ['an object that holds it', '{"tenant":{"acme":"acme"}}', 403],
      ['in another case', '{"Tenant":"acme"}', 403],
      ['in another case, beside another', '{"Tenant":"acme","tenant":"umbrella"}', 403],
      ['a value in another case', '{"tenant":"Acme"}', 403],
      ['a blank behind it', '{"tenant":"acme "}', 403],
      ['an invisible letter', '{"tenant":"acme\u{200b}"}', 403],
      ['full-width letters', '{"tenant":"ａcme"}', 403],
      ['by an inherited name', '{"__proto__":{"tenant":"acme"}}', 403],
      ['by an inherited name, beside another', '{"__proto__":{"tenant":"acme"},"tenant":"umbrella"}', 403],
      ['by a constructor', '{"constructor":{"prototype":{"tenant":"acme"}}}', 403],
      ['one level too deep', '{"arguments":{"tenant":"acme"}}', 403],
    ],
    { tenant: 'acme' },
  ));

test('a caller whose token names no tenant reaches none', (t) =>
  judge(
    t,
    [EVERYTHING, TENANT],
    [
      ['some tenant', '{"tenant":"acme"}', 403],
      ['none', '{}', 403],
      ['null', '{"tenant":null}', 403],
      ['what undefined is called', '{"tenant":"undefined"}', 403],
    ],
  ));

test('a tenant that is no text is compared as what it is', (t) =>
  judge(
    t,
    [EVERYTHING, TENANT],
    [
      ['the number', '{"tenant":7}', 200],
      ['the number as a text', '{"tenant":"7"}', 403],
      ['another number', '{"tenant":8}', 403],
      ['a number beside it', '{"tenant":7.000000000000001}', 403],
    ],
    { tenant: 7 },
  ));

test('integers that a double cannot hold are told apart', (t) =>
  judge(
    t,
    [EVERYTHING, { id: 'one', deny: { tools: ['*'] }, when: 'args.account != 9007199254740993' }],
    [
      ['the very one', '{"account":9007199254740993}', 200],
      ['the one before', '{"account":9007199254740992}', 403],
      ['the one behind', '{"account":9007199254740994}', 403],
      ['what a double makes of it', '{"account":9007199254740992.0}', 403],
      ['with an exponent, as a double would be read', '{"account":9007199254740993e0}', 403],
      ['as a text', '{"account":"9007199254740993"}', 403],
      ['beyond 64 bits', '{"account":99999999999999999999999999}', 403],
      ['infinite', '{"account":1e400}', 403],
      ['not there', '{}', 403],
    ],
  ));

test('what cannot be evaluated closes: it fits a deny and no allow', async (t) => {
  const allow = [{ id: 'small', allow: { tools: ['*'] }, to: { everyone: true }, when: 'args.amount < 100' }];
  await judge(t, allow, [
    ['small', '{"amount":99}', 200],
    ['large', '{"amount":100}', 403],
    ['a text', '{"amount":"1"}', 403],
    ['none', '{}', 403],
    ['no arguments', undefined, 403],
    ['a list', '{"amount":[1]}', 403],
    ['a number that cannot be held', '{"amount":-1e999}', 403],
  ]);
  const deny = [EVERYTHING, { id: 'large', deny: { tools: ['*'] }, when: 'args.amount >= 100' }];
  await judge(t, deny, [
    ['small', '{"amount":99}', 200],
    ['large', '{"amount":100}', 403],
    ['a text', '{"amount":"1"}', 403],
    ['none', '{}', 403],
  ]);
});

test('names that every object inherits are arguments like others', (t) =>
  judge(
    t,
    [EVERYTHING, { id: 'odd', deny: { tools: ['*'] }, when: 'has(args.constructor) || "__proto__" in args' }],
    [
      ['neither', '{}', 200],
      ['a constructor', '{"constructor":1}', 403],
      ['__proto__', '{"__proto__":{}}', 403],
      ['others', '{"toString":1,"hasOwnProperty":2}', 200],
    ],
  ));

test('arguments of prompts and completions decide too', async (t) => {
  const rules = [
    { id: 'all', allow: { prompts: ['*'] }, to: { everyone: true } },
    { id: 'own-tenant', deny: { prompts: ['*'] }, when: 'args.tenant != principal.claims.tenant' },
  ];
  const { makeCaller } = await startRuledGateway(t, { rules });
  const caller = await makeCaller({ tenant: 'acme' });
  const ref = { type: 'ref/prompt', name: 'open_prompt' };
  for (const [tenant, status] of [
    ['acme', 200],
    ['umbrella', 403],
    [undefined, 403],
  ] as const) {
    const args = { arguments: { tenant } };
    assert.equal((await caller.ask('prompts/get', { name: 'open_prompt', ...args })).status, status);
    const completion = { ref, argument: { name: 'tenant', value: 'acme' }, context: args };
    assert.equal((await caller.ask('completion/complete', completion)).status, status);
  }
});

const header = (value: string): HeaderLines => [['Mcp-Param-Region', value]];
const REGIONS = [{ id: 'eu', allow: { tools: ['*'] }, to: { everyone: true }, when: 'params.region == "eu"' }];

test('mirrored parameters decide where the tool announces them, and only when they are true', async (t) => {
  const results = {
    'tools/list': { resultType: 'complete', tools: [toTool('read_a'), { name: 'read_b', inputSchema: {} }] },
  };
  const { makeCaller, server } = await startRuledGateway(t, { rules: REGIONS, library: { results } });
  const caller = await makeCaller();
  const rows: readonly [what: string, tool: string, args: string, lines: HeaderLines, status: number][] = [
    ['the region in both', 'read_a', '{"region":"eu"}', header('eu'), 200],
    ['another region in both', 'read_a', '{"region":"us"}', header('us'), 403],
    ['no region', 'read_a', '{}', [], 403],
    ['a lie', 'read_a', '{"region":"us"}', header('eu'), 400],
    ['the argument alone', 'read_a', '{"region":"eu"}', [], 400],
    ['the header alone', 'read_a', '{}', header('eu'), 400],
    ['a tool that announces nothing', 'read_b', '{"region":"eu"}', header('eu'), 403],
    ['a tool that does not exist', 'read_c', '{"region":"eu"}', header('eu'), 403],
  ];
  for (const [what, tool, args, lines, status] of rows) {
    const answer = await caller.call(tool, args, lines);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
  }
  assert.equal(toForwarded(server).length, 1);
});

test('where headers are not checked, no rule believes them', async (t) => {
  const { makeCaller } = await startRuledGateway(t, { rules: REGIONS, upstream: { paramHeaders: 'forward' } });
  const caller = await makeCaller();
  assert.equal((await caller.call('read_a', '{"region":"eu"}', [['Mcp-Param-Region', 'eu']])).status, 403);
});

test('lists show what some arguments would open, and hide what none would', async (t) => {
  const rules = [
    { id: 'small', allow: { tools: ['read_a'] }, to: { everyone: true }, when: 'args.amount < 100' },
    { id: 'never', allow: { tools: ['read_b'] }, to: { everyone: true }, when: 'principal.claims.tenant == "x"' },
  ];
  const { makeCaller } = await startRuledGateway(t, { rules });
  const { text } = await (await makeCaller({ tenant: 'acme' })).ask('tools/list');
  assert.deepEqual(
    JSON.parse(text).result.tools.map(({ name }: { name: string }) => name),
    ['read_a'],
  );
});
