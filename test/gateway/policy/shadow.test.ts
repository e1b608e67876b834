// Rules in shadow mode: what they would have changed, and which one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../../gateway/mcp/read-target.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decideTarget } from '../../../gateway/policy/decide-target.ts';
import { findShadowDifference } from '../../../gateway/policy/shadow.ts';
import { makeFacts, makePrincipal, makeRule, type PrincipalParts } from './make-rules.ts';

const TOOL: Target = { touches: 'names', kind: 'tool', names: ['t'] };
const EVERYONE = { everyone: true };
const shadow = (rule: AccessRule): AccessRule => ({ ...rule, mode: 'shadow' });

function find(rules: readonly AccessRule[], target: Target = TOOL, as: PrincipalParts = {}): string {
  const facts = makeFacts({ args: '{"n":1}' });
  const principal = makePrincipal(as);
  const decision = decideTarget(compileRules(rules.filter(({ mode }) => mode === 'enforce')), principal, target, facts);
  const difference = findShadowDifference(compileRules(rules), decision, principal, target, facts);
  return difference === undefined ? 'same' : `${difference.would} ${difference.rule}`;
}

const open = makeRule('open', 'allow', { tools: ['*'], to: EVERYONE });
const scoped = makeRule('scoped', 'allow', { tools: ['*'], to: { scopes: ['a', 'b'] } });
const no = makeRule('no', 'deny', { tools: ['*'] });

test('a difference is what the client would have seen otherwise', () => {
  const rows: readonly (readonly [rules: readonly AccessRule[], found: string])[] = [
    [[open], 'same'],
    [[open, shadow(no)], 'denied no'],
    [[shadow(open)], 'allowed open'],
    [[shadow(scoped)], 'scopes scoped'],
    [[scoped, shadow(open)], 'allowed open'],
    [[scoped, shadow(makeRule('less', 'allow', { tools: ['*'], to: { scopes: ['a'] } }))], 'scopes less'],
    [[no, shadow(open)], 'same'],
    [[open, no, shadow(makeRule('also', 'deny', { tools: ['*'] }))], 'same'],
    [[open, shadow(makeRule('a-twin', 'allow', { tools: ['t'], to: EVERYONE }))], 'same'],
    [[open, shadow(makeRule('other', 'deny', { tools: ['x'] }))], 'same'],
    [[open, shadow(makeRule('held', 'deny', { tools: ['*'], when: 'args.n == 1' }))], 'denied held'],
    [[open, shadow(makeRule('not-held', 'deny', { tools: ['*'], when: 'args.n == 2' }))], 'same'],
    [[open, shadow(makeRule('failing', 'deny', { tools: ['*'], when: 'args.m == 2' }))], 'denied failing'],
  ];
  for (const [rules, found] of rows) assert.equal(find(rules), found, rules.map(({ id }) => id).join(' '));
});

test('of several names or kinds the one that makes the difference is found', () => {
  const uris: Target = { touches: 'names', kind: 'resource', names: ['x://a', 'x://b'] };
  const a = makeRule('a', 'allow', { resources: ['x://a'], to: EVERYONE });
  const b = makeRule('b', 'allow', { resources: ['x://b'], to: EVERYONE });
  assert.equal(find([a, shadow(b)], uris), 'allowed b');
  assert.equal(find([a, b, shadow(makeRule('no-b', 'deny', { resources: ['x://b'] }))], uris), 'denied no-b');
  const lists: Target = { touches: 'lists', kinds: ['tool', 'prompt'] };
  const noPrompts = shadow(makeRule('z-no-prompts', 'deny', { prompts: ['*'] }));
  assert.equal(find([a, no, noPrompts], lists), 'denied z-no-prompts');
  assert.equal(find([shadow(a)], lists), 'allowed a');
});
