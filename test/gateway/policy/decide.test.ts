// One principal, some rules, one name: what is decided, and by which rule.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import { type Decision, decide, type Kind } from '../../../gateway/policy/decide.ts';
import { ANONYMOUS, makeFacts, makePrincipal, makeRule, type PrincipalParts } from './make-rules.ts';

const EVERYONE = { everyone: true };

interface Row {
  readonly is: string;
  readonly rules: readonly AccessRule[];
  readonly as?: PrincipalParts;
  readonly kind?: Kind;
  readonly name?: string;
  readonly decision: Decision;
}

const NO_RULE: Decision = { allowed: false, why: 'no_rule' };
const by = (rule: string): Decision => ({ allowed: true, rule });
const denied = (rule: string): Decision => ({ allowed: false, why: 'denied', rule });
const short = (rule: string, ...scopes: string[]): Decision => ({ allowed: false, why: 'scopes', rule, scopes });

const reads = makeRule('reads', 'allow', { tools: ['get_forecast', 'list_*'], to: { scopes: ['read'] } });
const admins = makeRule('admins', 'allow', { tools: ['*'], to: { groups: ['admins'] } });
const noDelete = makeRule('no-delete', 'deny', { tools: ['delete_*'] });

const ROWS: readonly Row[] = [
  { is: 'without rules nothing is allowed', rules: [], decision: NO_RULE },
  { is: 'an exact name is allowed', rules: [reads], as: { scopes: ['read'] }, decision: by('reads') },
  { is: 'a glob is allowed', rules: [reads], as: { scopes: ['read'] }, name: 'list_cities', decision: by('reads') },
  { is: 'another name is not', rules: [reads], as: { scopes: ['read'] }, name: 'set', decision: NO_RULE },
  {
    is: 'a name in other letters is another name',
    rules: [reads],
    as: { scopes: ['read'] },
    name: 'GET_forecast',
    decision: NO_RULE,
  },
  {
    is: 'a rule for tools says nothing of prompts',
    rules: [reads],
    as: { scopes: ['read'] },
    kind: 'prompt',
    decision: NO_RULE,
  },
  { is: 'a missing scope is named', rules: [reads], decision: short('reads', 'read') },
  {
    is: 'all scopes of the rule are named, held ones too',
    rules: [makeRule('two', 'allow', { tools: ['*'], to: { scopes: ['b', 'a', 'b'] } })],
    as: { scopes: ['a'] },
    decision: short('two', 'a', 'b'),
  },
  {
    is: 'the allow with the fewest scopes missing is named',
    rules: [
      makeRule('a', 'allow', { tools: ['*'], to: { scopes: ['x', 'y'] } }),
      makeRule('b', 'allow', { tools: ['get_*'], to: { scopes: ['held', 'z'] } }),
    ],
    as: { scopes: ['held'] },
    decision: short('b', 'held', 'z'),
  },
  {
    is: 'of equally distant allows the first id is named',
    rules: [
      makeRule('b', 'allow', { tools: ['*'], to: { scopes: ['x'] } }),
      makeRule('a', 'allow', { tools: ['*'], to: { scopes: ['y'] } }),
    ],
    decision: short('a', 'y'),
  },
  {
    is: 'a scope that would help only another group is not named',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { scopes: ['x'], groups: ['others'] } })],
    decision: NO_RULE,
  },
  {
    is: 'a deny wins over an allow',
    rules: [admins, noDelete],
    as: { groups: ['admins'] },
    name: 'delete_city',
    decision: denied('no-delete'),
  },
  {
    is: 'a deny wins in any order',
    rules: [noDelete, admins],
    as: { groups: ['admins'] },
    name: 'delete_city',
    decision: denied('no-delete'),
  },
  {
    is: 'a deny wins over missing scopes',
    rules: [noDelete, makeRule('a', 'allow', { tools: ['*'], to: { scopes: ['x'] } })],
    name: 'delete_city',
    decision: denied('no-delete'),
  },
  {
    is: 'a deny for others does not count',
    rules: [admins, makeRule('d', 'deny', { tools: ['*'], to: { groups: ['guests'] } })],
    as: { groups: ['admins'] },
    decision: by('admins'),
  },
  {
    is: 'a deny with scopes needs all of them',
    rules: [admins, makeRule('d', 'deny', { tools: ['*'], to: { scopes: ['x', 'y'] } })],
    as: { groups: ['admins'], scopes: ['x'] },
    decision: by('admins'),
  },
  {
    is: 'of several denials the first id is named',
    rules: [
      makeRule('z', 'deny', { tools: ['get_forecast'] }),
      makeRule('y', 'deny', { tools: ['*'], to: { clients: ['agent'] } }),
    ],
    decision: denied('y'),
  },
  { is: 'empty lists match nothing', rules: [makeRule('a', 'allow', { to: EVERYONE })], decision: NO_RULE },
  { is: 'an allow without to is nobody’s', rules: [makeRule('a', 'allow', { tools: ['*'] })], decision: NO_RULE },
  {
    is: 'an allow for a grant that names nobody is nobody’s',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: {} })],
    decision: NO_RULE,
  },
  {
    is: 'everyone and another condition is that condition',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { everyone: true, groups: ['g'] } })],
    decision: NO_RULE,
  },
  {
    is: 'every condition must hold',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { subjects: ['ada'], issuers: ['https://other.example'] } })],
    decision: NO_RULE,
  },
  {
    is: 'any value of a condition is enough',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { subjects: ['bob', 'ada'], clients: ['x', 'agent'] } })],
    decision: by('a'),
  },
  {
    is: 'an issuer is a condition',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { issuers: ['https://issuer.example'] } })],
    decision: by('a'),
  },
  {
    is: 'a claim is a condition',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { claims: new Map([['tenant', ['acme']]]) } })],
    as: { claims: { tenant: 'acme' } },
    decision: by('a'),
  },
  {
    is: 'a claim by the name of a prototype member is an ordinary one',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { claims: new Map([['constructor', ['Object']]]) } })],
    decision: NO_RULE,
  },
  {
    is: 'a condition without values is met by nobody',
    rules: [makeRule('a', 'allow', { tools: ['*'], to: { claims: new Map([['tenant', []]]) } })],
    as: { claims: { tenant: 'acme' } },
    decision: NO_RULE,
  },
];

suite('a decision', () => {
  for (const { is, rules, as = {}, kind = 'tool', name = 'get_forecast', decision } of ROWS) {
    test(is, () => assert.deepEqual(decide(compileRules(rules), makePrincipal(as), kind, name, makeFacts()), decision));
  }
});

test('an anonymous caller is everyone, but no subject, client, issuer or group, not even an empty one', () => {
  for (const condition of ['subjects', 'clients', 'issuers', 'groups'] as const) {
    const rules = compileRules([makeRule('a', 'allow', { tools: ['*'], to: { [condition]: ['', 'x'] } })]);
    assert.deepEqual(decide(rules, ANONYMOUS, 'tool', 't', makeFacts()), NO_RULE, condition);
  }
  const open = compileRules([makeRule('a', 'allow', { tools: ['*'], to: EVERYONE })]);
  assert.deepEqual(decide(open, ANONYMOUS, 'tool', 't', makeFacts()), by('a'));
});

test('names of prototype members are ordinary names', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
  const other = compileRules([makeRule('a', 'allow', { tools: ['get'], prompts: ['p'], to: EVERYONE })]);
  for (const name of names) {
    assert.deepEqual(decide(other, makePrincipal(), 'tool', name, makeFacts()), NO_RULE, name);
    const named = compileRules([makeRule('a', 'allow', { tools: [name], to: EVERYONE })]);
    assert.deepEqual(decide(named, makePrincipal(), 'tool', name, makeFacts()), by('a'), name);
    assert.deepEqual(decide(named, makePrincipal(), 'prompt', name, makeFacts()), NO_RULE, name);
  }
});

test('a spelling that a lenient server folds cannot slip past a denial', () => {
  const rules = compileRules([
    makeRule('all', 'allow', { tools: ['*'], to: EVERYONE }),
    makeRule('no', 'deny', { tools: ['delete_*', 'drop', 'café'] }),
  ]);
  const forms = ['ｄelete_city', 'delete\u200b_city', 'dr\u00adop', 'dr\u2060op', 'drop ', '\tdrop', 'drop\u0000'];
  for (const name of [...forms, 'cafe\u0301', 'café', '\ufeffdrop', 'dro\u{e0061}p', 'drop\u3000']) {
    assert.deepEqual(decide(rules, makePrincipal(), 'tool', name, makeFacts()), denied('no'), JSON.stringify(name));
  }
  for (const name of ['デリート：一', 'drops', 'a drop', 'DROP'])
    assert.deepEqual(decide(rules, makePrincipal(), 'tool', name, makeFacts()), by('all'), name);
});

test('a spelling that only looks like an allowed name is not allowed', () => {
  const rules = compileRules([makeRule('a', 'allow', { tools: ['get_forecast', 'list_*'], to: EVERYONE })]);
  const forms = ['get_forecaѕt', 'ｇet_forecast', 'get_forecast\u200b', 'get_forecast ', 'get%5Fforecast', 'lіst_x'];
  for (const name of forms) assert.deepEqual(decide(rules, makePrincipal(), 'tool', name, makeFacts()), NO_RULE, name);
});

test('a name longer than any rule means is not allowed', () => {
  const rules = compileRules([makeRule('a', 'allow', { tools: ['*'], to: EVERYONE })]);
  assert.deepEqual(decide(rules, makePrincipal(), 'tool', 'a'.repeat(8192), makeFacts()), by('a'));
  assert.deepEqual(decide(rules, makePrincipal(), 'tool', 'a'.repeat(8193), makeFacts()), NO_RULE);
});
