// Rules with conditions: when they count, what failing means, and how often a text is evaluated.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import type { Facts } from '../../../gateway/policy/condition.ts';
import { decide } from '../../../gateway/policy/decide.ts';
import { makeFacts, makePrincipal, makeRule, type PrincipalParts } from './make-rules.ts';

function judge(rules: readonly AccessRule[], facts: Facts = makeFacts(), as: PrincipalParts = {}): string {
  const decision = decide(compileRules(rules), makePrincipal(as), 'tool', 't', facts);
  if (decision.allowed) return `allowed ${decision.rule}`;
  return [decision.why, decision.rule, decision.scopes?.join(' ')].filter((part) => part !== undefined).join(' ');
}

const allow = (id: string, when?: string, scopes: readonly string[] = []): AccessRule =>
  makeRule(id, 'allow', { tools: ['*'], to: { everyone: true, scopes }, when });
const deny = (id: string, when?: string, scopes: readonly string[] = []): AccessRule =>
  makeRule(id, 'deny', { tools: ['t'], to: { everyone: true, scopes }, when });
const holding = (args: string): Facts => makeFacts({ args });

suite('a condition', () => {
  test('must hold for an allow to count', () => {
    assert.equal(judge([allow('a', 'args.n == 1')], holding('{"n":1}')), 'allowed a');
    assert.equal(judge([allow('a', 'args.n == 1')], holding('{"n":2}')), 'no_rule');
    assert.equal(judge([allow('a', 'args.n == 1')], holding('{}')), 'no_rule');
    assert.equal(judge([allow('a', 'args.n')], holding('{"n":1}')), 'no_rule');
  });
  test('makes a deny count when it holds and when it fails', () => {
    const rules = [allow('a'), deny('d', 'args.tenant != principal.claims.tenant')];
    const as = { claims: { tenant: 'acme' } };
    assert.equal(judge(rules, holding('{"tenant":"acme"}'), as), 'allowed a');
    for (const args of ['{"tenant":"beta"}', '{}', '{"tenant":null}', '{"tenant":["acme"]}', '{"tenant":"ACME"}']) {
      assert.equal(judge(rules, holding(args), as), 'denied d', args);
    }
    assert.equal(judge(rules, holding('{"tenant":"acme"}')), 'denied d');
  });
  test('that does not hold leaves no challenge for the scopes of its rule', () => {
    assert.equal(judge([allow('a', 'args.n == 1', ['s'])], holding('{"n":1}')), 'scopes a s');
    assert.equal(judge([allow('a', 'args.n == 1', ['s'])], holding('{"n":2}')), 'no_rule');
    assert.equal(
      judge([allow('a', 'args.n == 1', ['s']), allow('b', undefined, ['s', 't'])], holding('{}')),
      'scopes b s t',
    );
  });
  test('of a deny that lacks scopes is not asked', () => {
    assert.equal(judge([allow('a'), deny('d', 'true', ['s'])]), 'allowed a');
    assert.equal(judge([allow('a'), deny('d', 'true', ['s'])], makeFacts(), { scopes: ['s'] }), 'denied d');
  });
  test('that asks for arguments nobody knows yet fits an allow and not a deny', () => {
    const unknown = makeFacts({ args: null, params: undefined });
    for (const when of ['args.n == 1', 'params.n == "1"', '!has(args.n)', 'false && args.n == 1']) {
      assert.equal(judge([allow('a', when)], unknown), 'allowed a', when);
      assert.equal(judge([allow('a'), deny('d', when)], unknown), 'allowed a', when);
    }
    assert.equal(judge([allow('a', 'principal.subject == "bob"')], unknown), 'no_rule');
    assert.equal(judge([allow('a'), deny('d', 'name == "t"')], unknown), 'denied d');
  });
  test('that asks for parameters fails where they are not known beside arguments', () => {
    const facts = makeFacts({ params: undefined });
    assert.equal(judge([allow('a', '!has(params.region)')], facts), 'no_rule');
    assert.equal(judge([allow('a'), deny('d', 'has(params.region)')], facts), 'denied d');
    assert.equal(
      judge(
        [allow('a', 'params.region == "eu" && params.n > 41 && params.ok')],
        makeFacts({
          params: new Map<string, string | bigint | boolean>([
            ['region', 'eu'],
            ['n', 42n],
            ['ok', true],
          ]),
        }),
      ),
      'allowed a',
    );
  });
});

suite('of rules that differ in their conditions alone', () => {
  test('each one counts', () => {
    const rules = [allow('a', 'args.n == 1'), allow('b', 'args.n == 2'), allow('c', 'args.n == 3', ['s'])];
    assert.equal(judge(rules, holding('{"n":1}')), 'allowed a');
    assert.equal(judge(rules, holding('{"n":2}')), 'allowed b');
    assert.equal(judge(rules, holding('{"n":3}')), 'scopes c s');
    assert.equal(judge(rules, holding('{"n":4}')), 'no_rule');
  });
  test('the first id that fits is named', () => {
    const rules = [allow('b'), allow('a', 'args.n == 1'), allow('c', 'args.n == 2')];
    assert.equal(judge(rules, holding('{"n":1}')), 'allowed a');
    assert.equal(judge(rules, holding('{"n":2}')), 'allowed b');
  });
  test('a condition with the same text is evaluated once, and none beyond the first that settles the answer', () => {
    let reads = 0;
    const facts: Facts = {
      ...makeFacts(),
      args: () => (reads++, makeFacts().args?.()) as ReturnType<NonNullable<Facts['args']>>,
    };
    const many = Array.from({ length: 50 }, (_, at) =>
      makeRule(`r${at}`, 'allow', { tools: ['*'], to: { claims: new Map([[`c${at}`, ['x']]]) }, when: 'args.n == 1' }),
    );
    const claims = Object.fromEntries(many.map((_, at) => [`c${at}`, 'x']));
    assert.equal(judge(many, facts, { claims }), 'no_rule');
    assert.equal(reads, 1);
    assert.equal(judge([allow('a'), ...many], facts, { claims }), 'allowed a');
    assert.equal(
      judge(
        [
          makeRule('other', 'allow', { tools: ['x'], to: { everyone: true }, when: 'args.n == 1' }),
          makeRule('group', 'allow', { tools: ['t'], to: { groups: ['g'] }, when: 'args.n == 1' }),
        ],
        facts,
      ),
      'no_rule',
    );
    assert.equal(reads, 1);
  });
});
