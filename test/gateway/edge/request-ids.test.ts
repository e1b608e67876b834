// The ids of requests: never twice in a process, and told apart from those of any other.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { makeRequestIds } from '../../../gateway/edge/request-ids.ts';

test('no id comes twice, and all are visible ASCII without quotes', () => {
  const makeId = makeRequestIds(randomBytes(8));
  const ids = Array.from({ length: 5000 }, () => makeId());
  assert.equal(new Set(ids).size, 5000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}-[0-9a-z]+$/);
});

test('two processes have no id in common', () => {
  const [makeOne, makeOther] = [makeRequestIds(Buffer.alloc(8, 1)), makeRequestIds(Buffer.alloc(8, 2))];
  const ones = new Set(Array.from({ length: 1000 }, () => makeOne()));
  assert.ok(Array.from({ length: 1000 }, () => makeOther()).every((id) => !ones.has(id)));
});
