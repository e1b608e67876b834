// The scopes an endpoint can make use of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectScopes } from '../../../gateway/policy/collect-scopes.ts';
import { makeGrant, makeRule } from './make-rules.ts';

test('scopes of allows and extensions are gathered, sorted and once each; those of denials are not', () => {
  const rules = [
    makeRule('a', 'allow', { to: { scopes: ['write', 'read'] } }),
    makeRule('b', 'allow', { to: { scopes: ['read', 'offline_access'] } }),
    makeRule('c', 'allow', {}),
    makeRule('d', 'deny', { to: { scopes: ['guest'] } }),
  ];
  assert.deepEqual(collectScopes(rules, [makeGrant({ scopes: ['tasks'] })]), ['read', 'tasks', 'write']);
  assert.deepEqual(collectScopes([], []), []);
});
