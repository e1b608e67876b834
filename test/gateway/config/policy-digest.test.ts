// The version of a policy: equal for equal policies in any order, different for any difference.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { toPolicyDigest } from '../../../gateway/config/policy-digest.ts';
import { LEAST, makeConfigDir } from './make-config-dir.ts';

const RULES = [
  '{ id: a, allow: { tools: [x, y], prompts: [p] }, to: { groups: [g, h], claims: { t: [u, v], w: [z] } } }',
  '{ id: b, deny: { resources: ["a://**"] }, when: args.n == 1 }',
];
const MORE =
  'onDeny: hide, meta: { allow: [a/b, c/d] }, extensions: { a/b: { to: { everyone: true } }, a/c: { to: { scopes: [s] } } }';

function digest(t: TestContext, rules: readonly string[], more = MORE): string {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  const config = dir.load(LEAST.replace('upstream: a', `upstream: a, access: [a.yaml], ${more}`));
  const endpoint = config.endpoints.get('/mcp');
  assert.ok(endpoint);
  return toPolicyDigest(endpoint);
}

test('neither the order of rules nor that of keys and entries counts', (t) => {
  const first = digest(t, RULES);
  assert.match(first, /^[0-9a-f]{16}$/);
  assert.equal(digest(t, RULES.toReversed()), first);
  const turned =
    '{ to: { claims: { w: [z], t: [v, u] }, groups: [h, g] }, mode: enforce, allow: { prompts: [p], tools: [y, x] }, id: a }';
  assert.equal(digest(t, [turned, RULES[1] ?? '']), first);
  const other =
    'extensions: { a/c: { to: { scopes: [s] } }, a/b: { to: { everyone: true } } }, meta: { mode: remove, allow: [c/d, a/b] }, onDeny: hide';
  assert.equal(digest(t, RULES, other), first);
});

test('every difference of the policy counts', (t) => {
  const [a = '', b = ''] = RULES;
  const digests = [
    digest(t, RULES),
    digest(t, [a]),
    digest(t, [a.replace('id: a', 'id: c'), b]),
    digest(t, [a.replace('[x, y]', '["x,y"]'), b]),
    digest(t, [a.replace('tools: [x, y], prompts: [p]', 'tools: [x], prompts: [p, y]'), b]),
    digest(t, [a.replace('t: [u, v], w: [z]', 't: [u, v, z]'), b]),
    digest(t, [a.replace('groups', 'subjects'), b]),
    digest(t, [a.replace('allow', 'deny'), b, '{ id: d, allow: { tools: [x] }, to: { everyone: true } }']),
    digest(t, [a, b.replace('1', '2')]),
    digest(t, [a, b.replace('id: b', 'id: b, mode: shadow')]),
    digest(t, RULES, MORE.replace('hide', 'challenge')),
    digest(t, RULES, MORE.replace('c/d', 'c/*')),
    digest(t, RULES, MORE.replace('allow: [a/b, c/d]', 'allow: [a/b, c/d], mode: strict')),
    digest(t, RULES, MORE.replace('a/c', 'a/d')),
    digest(t, RULES, MORE.replace('[s]', '[r]')),
  ];
  assert.equal(new Set(digests).size, digests.length);
});

test('an open endpoint differs from a closed one, and one path from another', (t) => {
  const dir = makeConfigDir(t);
  const [one, two] = [...dir.load(`${LEAST}  /b: { upstream: a }\n`).endpoints.values()];
  assert.ok(one && two);
  assert.notEqual(toPolicyDigest(one), toPolicyDigest(two));
  assert.notEqual(toPolicyDigest(one), toPolicyDigest({ ...one, access: [] }));
  assert.equal(toPolicyDigest(one), toPolicyDigest({ ...one, routes: [], issuers: [] }));
});
