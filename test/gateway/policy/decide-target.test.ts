// Lists, tasks and listening: who may, when a request touches no name or several.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Target } from '../../../gateway/mcp/read-target.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decideTarget } from '../../../gateway/policy/decide-target.ts';
import { makePrincipal, makeRule, type PrincipalParts } from './make-rules.ts';

const TOOLS: Target = { touches: 'lists', kinds: ['tool'] };
const ALL: Target = { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] };
const TASK: Target = { touches: 'task' };
const uris = (...names: string[]): Target => ({ touches: 'names', kind: 'resource', names });

function judge(rules: readonly AccessRule[], target: Target, as: PrincipalParts = {}): string {
  const decision = decideTarget(compileRules(rules), makePrincipal(as), target);
  if (decision.allowed) return `allowed ${decision.rule}`;
  return [decision.why, decision.rule, decision.scopes?.join(' ')].filter((part) => part !== undefined).join(' ');
}

const scoped = makeRule('scoped', 'allow', { tools: ['get_*'], to: { scopes: ['read'] } });
const admins = makeRule('admins', 'allow', { prompts: ['p'], to: { groups: ['admins'] } });
const noTools = makeRule('no-tools', 'deny', { tools: ['*'], to: { groups: ['guests'] } });
const nothing = makeRule('nothing', 'deny', { tools: ['*'], prompts: ['*'], resources: ['**'] });

suite('lists', () => {
  test('are open to whom an allow means, whatever its scopes and kind', () => {
    assert.equal(judge([scoped], TOOLS), 'allowed scoped');
    assert.equal(judge([scoped], { touches: 'lists', kinds: ['prompt'] }), 'allowed scoped');
    assert.equal(judge([scoped], ALL), 'allowed scoped');
  });
  test('are closed to everyone else', () => {
    assert.equal(judge([], ALL), 'no_rule');
    assert.equal(judge([admins], ALL), 'no_rule');
    assert.equal(judge([makeRule('empty', 'allow', { to: { everyone: true } })], ALL), 'no_rule');
  });
  test('are closed to whom every name in them is denied', () => {
    assert.equal(judge([scoped, noTools], TOOLS, { groups: ['guests'] }), 'denied no-tools');
    assert.equal(judge([scoped, noTools], ALL, { groups: ['guests'] }), 'allowed scoped');
    assert.equal(judge([scoped, nothing], ALL), 'denied nothing');
  });
});

suite('tasks', () => {
  test('are open to whom some tool is allowed', () => {
    assert.equal(judge([scoped], TASK, { scopes: ['read'] }), 'allowed scoped');
    assert.equal(judge([scoped], TASK), 'scopes scoped read');
    assert.equal(judge([admins], TASK, { groups: ['admins'] }), 'no_rule');
    assert.equal(judge([scoped, noTools], TASK, { scopes: ['read'], groups: ['guests'] }), 'denied no-tools');
  });
});

suite('several names', () => {
  const rules = [
    makeRule('a', 'allow', { resources: ['x://a'], to: { everyone: true } }),
    makeRule('b', 'allow', { resources: ['x://b'], to: { scopes: ['b', 'c'] } }),
    makeRule('d', 'allow', { resources: ['x://d'], to: { scopes: ['d', 'c'] } }),
  ];
  test('must all be allowed', () => {
    assert.equal(judge(rules, uris('x://a')), 'allowed a');
    assert.equal(judge(rules, uris('x://a', 'x://b'), { scopes: ['b', 'c'] }), 'allowed a');
    assert.equal(judge(rules, uris('x://a', 'x://e')), 'no_rule');
    assert.equal(judge(rules, uris('x://e', 'x://b')), 'no_rule');
    assert.equal(judge(rules, uris('x://b', 'x://e')), 'no_rule');
    assert.equal(judge(rules, uris('x://a', 'x://a/../b')), 'no_rule');
    assert.equal(judge(rules, uris()), 'no_rule');
  });
  test('that lack scopes are challenged for all of them at once', () => {
    assert.equal(judge(rules, uris('x://a', 'x://b')), 'scopes b b c');
    assert.equal(judge(rules, uris('x://d', 'x://b'), { scopes: ['c'] }), 'scopes d b c d');
  });
});
