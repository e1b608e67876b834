// Scopes with all they imply, compared with following them one by one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { closeScopes } from '../../../gateway/config/close-scopes.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

function reaches(implies: ReadonlyMap<string, readonly string[]>, from: string, to: string, left: number): boolean {
  if (left === 0) return false;
  return (implies.get(from) ?? []).some((next) => next === to || reaches(implies, next, to, left - 1));
}

test('a scope implies exactly what can be reached from it, and a circle is told', () => {
  const name = fc.constantFrom(...NAMES);
  const entries = fc.uniqueArray(fc.tuple(name, fc.array(name, { maxLength: 3 })), { selector: ([scope]) => scope });
  fc.assert(
    fc.property(entries, (pairs) => {
      const implies = new Map(pairs);
      const closed = closeScopes(implies);
      const circular = NAMES.filter((scope) => reaches(implies, scope, scope, NAMES.length));
      assert.equal(closed.ok, circular.length === 0);
      if (!closed.ok) return assert.ok(closed.why === 'cycle' && circular.includes(closed.scope));
      for (const scope of implies.keys()) {
        const expected = NAMES.filter((other) => reaches(implies, scope, other, NAMES.length));
        assert.deepEqual([...(closed.implied.get(scope) ?? [])].toSorted(), expected);
      }
    }),
  );
});

test('names of the object prototype are ordinary scopes', () => {
  const closed = closeScopes(new Map([['__proto__', ['constructor']]]));
  assert.deepEqual(closed.ok && closed.implied.get('__proto__'), ['constructor']);
});

const hub = (count: number): Map<string, string[]> =>
  new Map([['hub', Array.from({ length: count }, (_, n) => `s${n}`)]]);

test('ten thousand pairs are enough, one more is too many', () => {
  assert.equal(closeScopes(hub(10_000)).ok, true);
  assert.deepEqual(closeScopes(hub(10_001)), { ok: false, scope: 'hub', why: 'size' });
});
