// What is told of a decision: for each rule what it lacked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { explainDecision } from '../../../gateway/policy/explain.ts';
import { makeFacts, makePrincipal, makeRule } from './make-rules.ts';

const WHO = makePrincipal({ scopes: ['read'], groups: ['red'], claims: { tenant: 'acme' } });

function explain(rule: AccessRule, name = 'get', args = '{"n":1}'): string {
  const { rules } = explainDecision([rule], WHO, 'tool', name, makeFacts({ args }));
  return rules.map(({ lacks }) => lacks.join('; ')).join();
}

const allow = (parts: Parameters<typeof makeRule>[2]): AccessRule =>
  makeRule('a', 'allow', { tools: ['get'], to: { everyone: true }, ...parts });

test('a rule that fits lacks nothing; another one tells all that it lacked', () => {
  assert.equal(explain(allow({})), '');
  assert.equal(explain(allow({}), 'set'), 'tool not covered');
  assert.equal(explain(allow({}), 'g'.repeat(8193)), 'tool not compared: longer than 8192 characters');
  assert.equal(explain(allow({ to: { scopes: ['read', 'write', 'admin'] } })), 'scopes missing: write admin');
  assert.equal(explain(allow({ to: { groups: ['blue', 'green'] } })), 'groups: none of blue, green');
  assert.equal(
    explain(allow({ to: { issuers: ['https://other.example'], clients: ['agent'] } })),
    'issuers: none of https://other.example',
  );
  assert.equal(explain(allow({ to: { claims: new Map([['tenant', ['beta']]]) } })), 'claim tenant: none of beta');
  assert.equal(explain(makeRule('a', 'allow', { tools: ['get'] })), 'to: names nobody');
  assert.equal(explain(allow({ when: 'args.n == 1' })), '');
  assert.equal(explain(allow({ when: 'args.n == 2' })), 'when: is false');
  assert.equal(explain(allow({ when: 'args.m == 2' })), 'when: failed, there is no member m');
  assert.equal(
    explain(allow({ to: { scopes: ['x'], subjects: ['bob'] }, when: 'args.n > "a"' }), 'set'),
    'tool not covered; scopes missing: x; subjects: none of bob; when: failed, a value has the wrong type',
  );
});

test('a deny whose condition fails fits, and one that asks for what is not known does not', () => {
  const deny = makeRule('d', 'deny', { tools: ['*'], when: 'args.m == 2' });
  assert.equal(explain(deny), '');
  const { rules } = explainDecision([deny], WHO, 'tool', 'get', makeFacts({ args: null }));
  assert.deepEqual(rules[0]?.lacks, ['when: asks for what is not known yet']);
});

test('the decision is that of the rules in force, and those in shadow mode are explained too', () => {
  const rules = [allow({}), makeRule('d', 'deny', { tools: ['ｇet'], mode: 'shadow' })];
  const { decision, rules: explained } = explainDecision(rules, WHO, 'tool', 'get', makeFacts());
  assert.deepEqual(decision, { allowed: true, rule: 'a' });
  assert.deepEqual(explained, [
    { id: 'a', effect: 'allow', mode: 'enforce', lacks: [] },
    { id: 'd', effect: 'deny', mode: 'shadow', lacks: [] },
  ]);
});

test('a URI that is not compared says why', () => {
  const rule = makeRule('a', 'allow', { resources: ['**'], to: { everyone: true } });
  const { decision, rules } = explainDecision([rule], WHO, 'resource', 'x://a/../b', makeFacts());
  assert.equal(decision.allowed, false);
  assert.deepEqual(rules[0]?.lacks, ['resource not compared: uri_dot_segment']);
});
