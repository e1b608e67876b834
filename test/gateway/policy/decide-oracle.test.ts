// Random principals, calls and policies: the compiled rules and a naive reading of the contract never disagree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { type CompiledRules, compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decide } from '../../../gateway/policy/decide.ts';
import { explainDecision } from '../../../gateway/policy/explain.ts';
import { findShadowDifference } from '../../../gateway/policy/shadow.ts';
import { makePrincipal, makeRule } from './make-rules.ts';
import { type Call, decideNaively } from './oracle.ts';
import { KINDS, makeRandom, makeScene, tellMeaning, toFacts, toText } from './scenes.ts';

const enforced = (rules: readonly AccessRule[]): readonly AccessRule[] =>
  rules.filter(({ mode }) => mode === 'enforce');

function decideCompiled(rules: CompiledRules, call: Call): string {
  return toText(decide(rules, call.who, KINDS[call.kind], call.name, toFacts(call)));
}

const expect = (rules: readonly AccessRule[], call: Call): string =>
  decideNaively(rules, call, (when) => tellMeaning(when, call));

/** What the client sees of a decision: not which rule made it. */
const toAnswer = (decision: string): string => decision.replace(/^(\S+) \S+/, '$1');

test('100,000 random triples are decided as the contract says, those in shadow mode too', () => {
  const random = makeRandom(20260728);
  const outcomes = new Map<string, number>();
  for (let policy = 0; policy < 20_000; policy++) {
    const { rules, makeCall } = makeScene(random);
    const compiled = compileRules(enforced(rules));
    const candidates = compileRules(rules);
    for (let turn = 0; turn < 5; turn++) {
      const call = makeCall();
      const expected = expect(enforced(rules), call);
      const decision = decideCompiled(compiled, call);
      if (decision !== expected) assert.equal(decision, expected, JSON.stringify({ policy, rules, call }));
      const would = checkShadow(rules, compiled, candidates, call, expected);
      for (const word of [decision.split(' ')[0] ?? '', would]) outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    }
  }
  for (const word of ['allowed', 'denied', 'scopes', 'no_rule']) assert.ok((outcomes.get(word) ?? 0) > 5_000, word);
  for (const word of ['would allowed', 'would denied', 'would scopes'])
    assert.ok((outcomes.get(word) ?? 0) > 500, word);
});

function checkShadow(
  rules: readonly AccessRule[],
  compiled: CompiledRules,
  candidates: CompiledRules,
  call: Call,
  expected: string,
): string {
  const { who, kind, name } = call;
  const facts = toFacts(call);
  const target = { touches: 'names', kind: KINDS[kind], names: [name] } as const;
  const decision = decide(compiled, who, KINDS[kind], name, facts);
  const difference = findShadowDifference(candidates, decision, who, target, facts);
  const other = expect(rules, call);
  const [word, rule] = other.split(' ');
  const found = difference === undefined ? 'same' : `${difference.would} ${difference.rule}`;
  const wanted = toAnswer(other) === toAnswer(expected) ? 'same' : `${word} ${rule}`;
  if (found !== wanted) assert.equal(found, wanted, JSON.stringify({ rules, call }));
  if (difference === undefined) return 'same';
  assert.equal(rules.find(({ id }) => id === difference.rule)?.mode, 'shadow');
  return `would ${difference.would}`;
}

test('any policy is decided as the contract says, in any order of its rules, and explained so', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffffff }), (seed) => {
      const { rules, makeCall } = makeScene(makeRandom(seed));
      const call = makeCall();
      const expected = expect(rules, call);
      assert.equal(decideCompiled(compileRules(rules), call), expected);
      assert.equal(decideCompiled(compileRules(rules.toReversed()), call), expected);
      const explained = explainDecision(rules, call.who, KINDS[call.kind], call.name, toFacts(call));
      assert.equal(toText(explained.decision), expect(enforced(rules), call));
      for (const { id, effect, lacks } of explained.rules) {
        const alone = expect(
          rules.filter((rule) => rule.id === id),
          call,
        );
        assert.equal(
          lacks.length === 0,
          alone === `${effect === 'allow' ? 'allowed' : 'denied'} ${id}`,
          lacks.join(', '),
        );
      }
    }),
    { numRuns: 5_000 },
  );
});

const tiny = (letters: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => parts.join(''));

test('every set of globs is searched as if each were tried', () => {
  fc.assert(
    fc.property(fc.array(tiny(['a', 'b', '*', '_']), { maxLength: 6 }), tiny(['a', 'b', '_']), (tools, name) => {
      const rules = [makeRule('r', 'allow', { tools, to: { everyone: true } })];
      const call: Call = { who: makePrincipal(), kind: 'tools', name, args: {} };
      assert.equal(decideCompiled(compileRules(rules), call), expect(rules, call));
    }),
    { numRuns: 10_000 },
  );
});
