// Rules that can never matter, and rules that nobody can meet; what is not certain is not reported.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileNamePattern } from '../../../gateway/mcp/name-pattern.ts';
import { compileUriPattern } from '../../../gateway/mcp/uri-pattern.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import { findDeadRules } from '../../../gateway/policy/check-rules.ts';
import { coversGlob } from '../../../gateway/policy/covers.ts';
import { makeRule } from './make-rules.ts';
import { decideNaively } from './oracle.ts';
import { ISSUERS, makeRandom, makeScene, tellMeaning } from './scenes.ts';

const EVERYONE = { everyone: true };
const find = (...rules: AccessRule[]): readonly string[] =>
  findDeadRules(rules, { issuers: ISSUERS }).map(({ id, why }) => `${id}: ${why}`);

const all = makeRule('all', 'allow', { tools: ['*'], to: EVERYONE });

test('rules that nobody can meet are found', () => {
  assert.deepEqual(find(makeRule('a', 'allow', { tools: ['*'] })), ['a: `to` names nobody']);
  assert.deepEqual(find(makeRule('a', 'allow', { tools: ['*'], to: {} })), ['a: `to` names nobody']);
  assert.deepEqual(find(makeRule('a', 'deny', { tools: ['*'], to: { clients: [''] } })), [
    'a: `clients` names only an empty text',
  ]);
  assert.deepEqual(find(makeRule('a', 'allow', { tools: ['*'], to: { claims: new Map([['tenant', []]]) } })), [
    'a: no value of the claim tenant is enough',
  ]);
  assert.deepEqual(find(makeRule('a', 'allow', { tools: ['*'], to: { issuers: ['https://three.example'] } })), [
    'a: none of its issuers is configured here: https://three.example',
  ]);
  assert.deepEqual(
    find(makeRule('a', 'allow', { tools: ['*'], to: { issuers: ['https://three.example', ...ISSUERS] } })),
    [],
  );
  assert.deepEqual(find(makeRule('a', 'allow', { to: EVERYONE })), ['a: it covers no tools, prompts or resources']);
  assert.deepEqual(find({ ...all, when: '1 > 2' }), ['all: `when` is never true']);
  assert.deepEqual(find({ ...all, when: 'args.n > 2' }), []);
});

test('an allow that is wholly denied is found', () => {
  const drop = makeRule('drop', 'allow', { tools: ['drop_*'], to: { groups: ['g'] } });
  assert.deepEqual(find(drop, makeRule('no', 'deny', { tools: ['d*'] })), ['drop: all that it allows is denied by no']);
  assert.deepEqual(find(drop, makeRule('no', 'deny', { tools: ['d*'], to: { groups: ['g', 'h'] } })), [
    'drop: all that it allows is denied by no',
  ]);
  const two = makeRule('two', 'allow', { tools: ['a'], resources: ['x://y/*'], to: EVERYONE });
  assert.deepEqual(
    find(two, makeRule('n1', 'deny', { tools: ['*'] }), makeRule('n2', 'deny', { resources: ['x://**'] })),
    ['two: all that it allows is denied by n1, n2'],
  );
  for (const no of [
    makeRule('no', 'deny', { tools: ['drop_x*'] }),
    makeRule('no', 'deny', { tools: ['*'], to: { groups: ['h'] } }),
    makeRule('no', 'deny', { tools: ['*'], to: { groups: ['g'], scopes: ['s'] } }),
    makeRule('no', 'deny', { tools: ['*'], to: { groups: ['g'], clients: ['c'] } }),
    makeRule('no', 'deny', { tools: ['*'], when: 'principal.subject == "x"' }),
    makeRule('no', 'deny', { tools: ['*'], mode: 'shadow' }),
    makeRule('no', 'deny', { prompts: ['*'] }),
  ])
    assert.deepEqual(find(drop, no), []);
});

test('a rule that another one says already is found, and of two that say the same the later one', () => {
  const get = makeRule('get', 'allow', { tools: ['get_*'], to: { groups: ['g'], scopes: ['s'] } });
  assert.deepEqual(find(get, { ...get, id: 'again' }), ['again: get says all of it already']);
  assert.deepEqual(find(get, all), ['get: all says all of it already']);
  assert.deepEqual(find({ ...get, when: 'args.n == 1' }, { ...get, id: 'wider' }), [
    'get: wider says all of it already',
  ]);
  assert.deepEqual(find(get, { ...get, id: 'narrow', when: 'args.n == 1' }), ['narrow: get says all of it already']);
  assert.deepEqual(find({ ...get, when: 'args.n == 1' }, { ...get, id: 'other', when: 'args.n == 2' }), []);
  assert.deepEqual(find(get, { ...all, mode: 'shadow' }), []);
  assert.deepEqual(
    find(get, makeRule('more', 'allow', { tools: ['get_*'], to: { groups: ['g'], scopes: ['t'] } })),
    [],
  );
});

test('a glob that another one of its rule covers is found', () => {
  const rule = makeRule('r', 'allow', {
    tools: ['get_*', 'get_a', '*_b'],
    resources: ['x://*', 'x://**', 'x://a/*'],
    to: EVERYONE,
  });
  assert.deepEqual(find(rule), [
    'r: tool get_a is covered by get_*',
    'r: resource x://* is covered by x://**',
    'r: resource x://a/* is covered by x://**',
  ]);
});

const tiny = (...parts: string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((held) => held.join(''));

test('a glob covers another one only when it fits all that the other fits', () => {
  const name = tiny('a', 'b', '*');
  fc.assert(
    fc.property(name, name, tiny('a', 'b', 'c'), (wide, narrow, text) => {
      if (!coversGlob('tool', wide, narrow)) return;
      assert.ok(!compileNamePattern(narrow)(text) || compileNamePattern(wide)(text));
    }),
    { numRuns: 20_000 },
  );
  const uri = tiny('a', '/', '?', '*', '**', '{+');
  fc.assert(
    fc.property(uri, uri, tiny('a', 'b', '/', '?', '{+'), (wide, narrow, text) => {
      if (!coversGlob('resource', wide, narrow)) return;
      assert.ok(!compileUriPattern(narrow)(text) || compileUriPattern(wide)(text));
    }),
    { numRuns: 20_000 },
  );
});

test('a policy decides the same without its dead rules', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffffff }), (seed) => {
      const { rules, makeCall } = makeScene(makeRandom(seed));
      const enforced = rules.filter(({ mode }) => mode === 'enforce');
      const dead = findDeadRules(enforced, { issuers: ISSUERS }).filter(({ why }) => !why.includes('covered by'));
      const rest = enforced.filter(({ id }) => dead.every((rule) => rule.id !== id));
      found += dead.length;
      for (let turn = 0; dead.length > 0 && turn < 20; turn++) {
        const call = makeCall();
        const answer = (policy: readonly AccessRule[]): string | undefined =>
          decideNaively(policy, call, (when) => tellMeaning(when, call)).split(' ')[0];
        assert.equal(answer(rest), answer(enforced), JSON.stringify({ dead, call }));
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(found > 500);
});
