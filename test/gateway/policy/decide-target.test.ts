// Lists, tasks and listening: who may, when a request touches no name or several.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Target } from '../../../gateway/mcp/read-target.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decideTarget } from '../../../gateway/policy/decide-target.ts';
import { makeFacts, makePrincipal, makeRule, type PrincipalParts } from './make-rules.ts';

const TOOLS: Target = { touches: 'lists', kinds: ['tool'] };
const ALL: Target = { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] };
const TASK: Target = { touches: 'task' };
const uris = (...names: string[]): Target => ({ touches: 'names', kind: 'resource', names });

function judge(rules: readonly AccessRule[], target: Target, as: PrincipalParts = {}, facts = makeFacts()): string {
  const decision = decideTarget(compileRules(rules), makePrincipal(as), target, facts);
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

const allowWhen = (when: string): AccessRule => makeRule('a', 'allow', { tools: ['*'], to: { everyone: true }, when });
const denyWhen = (when: string): AccessRule =>
  makeRule('d', 'deny', { tools: ['*'], prompts: ['*'], resources: ['**'], when });

suite('lists with conditions', () => {
  test('are open when what is not known yet could open something', () => {
    for (const when of [
      'args.x == 1',
      'params.x == "a"',
      'name == "a"',
      'method == "tools/call"',
      'now < timestamp("2027-01-01T00:00:00Z")',
    ]) {
      assert.equal(judge([allowWhen(when)], TOOLS), 'allowed a', when);
      assert.equal(judge([allowWhen('true'), denyWhen(`!(${when})`)], ALL), 'allowed a', when);
    }
  });
  test('are closed when what is known closes them', () => {
    assert.equal(judge([allowWhen('principal.subject == "bob"')], TOOLS), 'no_rule');
    assert.equal(judge([allowWhen('true'), denyWhen('principal.subject == "ada"')], ALL), 'denied d');
    assert.equal(judge([allowWhen('true'), denyWhen('principal.claims.missing == 1')], ALL), 'denied d');
  });
});

suite('tasks', () => {
  const began = makeFacts({ name: 'get_it', args: null });
  test('are open to whom the tool is allowed that began them', () => {
    assert.equal(judge([scoped], TASK, { scopes: ['read'] }, began), 'allowed scoped');
    assert.equal(judge([scoped], TASK, {}, began), 'scopes scoped read');
    assert.equal(judge([scoped], TASK, { scopes: ['read'] }, makeFacts({ name: 'set_it', args: null })), 'no_rule');
    assert.equal(judge([scoped], TASK, { scopes: ['read'] }), 'no_rule');
    assert.equal(judge([admins], TASK, { groups: ['admins'] }, began), 'no_rule');
    assert.equal(judge([scoped, noTools], TASK, { scopes: ['read'], groups: ['guests'] }, began), 'denied no-tools');
  });
  test('are not asked again for the arguments they began with', () => {
    const mine = makeRule('mine', 'allow', { tools: ['get_*'], to: { everyone: true }, when: 'args.owner == "me"' });
    const foreign = makeRule('foreign', 'deny', { tools: ['*'], when: 'args.owner != "me"' });
    assert.equal(judge([mine, foreign], TASK, {}, began), 'allowed mine');
    assert.equal(
      judge([mine, makeRule('late', 'deny', { tools: ['*'], when: 'name == "get_it"' })], TASK, {}, began),
      'denied late',
    );
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
