// Random principals, calls and policies: the compiled rules and a naive reading of the contract never disagree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Principal } from '../../../gateway/exchange.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { type CompiledRules, compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decide } from '../../../gateway/policy/decide.ts';
import { makeGrant, makePrincipal, makeRule } from './make-rules.ts';
import { decideNaively } from './naive-oracle.ts';

const SCOPES = ['read', 'write', 'admin', 'audit'];
const GROUPS = ['red', 'green', 'blue'];
const SUBJECTS = ['ada', 'bob', 'eve'];
const CLIENTS = ['agent', 'ide'];
const ISSUERS = ['https://one.example', 'https://two.example'];
const NAME_PATTERNS = ['get', 'list', 'get_*', '*_get', 'l*st', '*', 'a*b*c', '*x*', 'constructor', 'drop', '**'];
const NAMES = ['get', 'list', 'get_it', 'x_get', 'lost', 'abc', 'aXbYc', 'axc', 'constructor', '__proto__', 'drop'];
const SPELLINGS = ['ｄrop', 'drop\u200b', 'drop ', 'ｇet_it', ''];
const URI_PATTERNS = [
  'w://now',
  'w://s/*',
  'w://**',
  'w://*/b',
  'w://s/*/c/**',
  '**',
  'w://s/a*',
  'urn:*',
  'w://**/c/*',
  '*',
];
const URIS = ['w://now', 'w://NOW', 'w://s/a', 'w://s/b', 'w://s/a/c', 'w://s/a/c/d', 'w://q/b', 'urn:x:y', 'v://now'];
const SPOILT_URIS = [
  'w://now?q=1',
  'w://s/a?q=/c/',
  'w://s/../now',
  'w://s/a%2Fc',
  'w://u@s/a',
  'w://s/a#f',
  'w://s/%00',
];

const KINDS = [
  { kind: 'tool', list: 'tools', names: [...NAMES, ...SPELLINGS] },
  { kind: 'prompt', list: 'prompts', names: [...NAMES, ...SPELLINGS] },
  { kind: 'resource', list: 'resources', names: [...URIS, ...SPOILT_URIS] },
] as const;

function decideCompiled(
  rules: CompiledRules,
  who: Principal,
  kind: 'tool' | 'prompt' | 'resource',
  name: string,
): string {
  const decision = decide(rules, who, kind, name);
  if (decision.allowed) return `allowed ${decision.rule}`;
  if (decision.why === 'no_rule') return 'no_rule';
  return [decision.why, decision.rule, ...(decision.scopes === undefined ? [] : [decision.scopes.join(' ')])].join(' ');
}

/** A small generator of the xorshift kind, so that a failure can be repeated by its seed. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function makeScene(random: (below: number) => number) {
  const one = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const some = (values: readonly string[], chance: number): string[] => values.filter(() => random(100) < chance);
  const maybe = (values: readonly string[]): string[] => (random(4) === 0 ? some(values, 50) : []);
  const makeOne = (id: string): AccessRule => {
    const effect = random(3) === 0 ? 'deny' : 'allow';
    const claims = random(5) === 0 ? new Map([['tenant', some(['acme', 'beta'], 60)]]) : new Map<string, string[]>();
    const to = makeGrant({
      everyone: random(3) === 0,
      scopes: random(2) === 0 ? some(SCOPES, 40) : [],
      groups: maybe(GROUPS),
      subjects: maybe(SUBJECTS),
      clients: maybe(CLIENTS),
      issuers: maybe(ISSUERS),
      claims,
    });
    const lists = {
      tools: some(NAME_PATTERNS, 15),
      prompts: some(NAME_PATTERNS, 10),
      resources: some(URI_PATTERNS, 15),
    };
    return makeRule(id, effect, random(6) === 0 ? lists : { ...lists, to });
  };
  const rules = Array.from({ length: random(9) }, (_, at) => makeOne(`r${(at * 7) % 10}`));
  const makeCaller = (): Principal =>
    makePrincipal({
      issuer: one(ISSUERS),
      subject: one(SUBJECTS),
      client: one([...CLIENTS, '']),
      scopes: some(SCOPES, 40),
      groups: some(GROUPS, 40),
      claims: one([{}, { tenant: 'acme' }, { tenant: ['beta', 'acme'] }, { tenant: 3 }]),
    });
  const makeCall = () => {
    const { kind, list, names } = one(KINDS);
    return { kind, list, name: one<string>(names) };
  };
  return { rules, makeCaller, makeCall };
}

test('100,000 random triples are decided as the contract says', () => {
  const random = makeRandom(20260728);
  const outcomes = new Map<string, number>();
  for (let policy = 0; policy < 20_000; policy++) {
    const { rules, makeCaller, makeCall } = makeScene(random);
    const compiled = compileRules(rules);
    for (let turn = 0; turn < 5; turn++) {
      const who = makeCaller();
      const { kind, list, name } = makeCall();
      const decision = decideCompiled(compiled, who, kind, name);
      const expected = decideNaively(rules, who, list, name);
      if (decision !== expected) assert.equal(decision, expected, JSON.stringify({ policy, rules, kind, name }));
      const [word = ''] = decision.split(' ');
      outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    }
  }
  for (const word of ['allowed', 'denied', 'scopes', 'no_rule']) assert.ok((outcomes.get(word) ?? 0) > 5_000, word);
});

test('any policy is decided as the contract says, and in any order of its rules', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffffff }), (seed) => {
      const { rules, makeCaller, makeCall } = makeScene(makeRandom(seed));
      const who = makeCaller();
      const { kind, list, name } = makeCall();
      const expected = decideNaively(rules, who, list, name);
      assert.equal(decideCompiled(compileRules(rules), who, kind, name), expected);
      assert.equal(decideCompiled(compileRules(rules.toReversed()), who, kind, name), expected);
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
      const who = makePrincipal();
      assert.equal(decideCompiled(compileRules(rules), who, 'tool', name), decideNaively(rules, who, 'tools', name));
    }),
    { numRuns: 10_000 },
  );
});
