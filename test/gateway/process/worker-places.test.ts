// The numbers of workers: one that replaces another goes on under its number, and no two have the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { WorkerPlaces } from '../../../gateway/process/worker-places.ts';

test('workers are numbered from 1, and the number of one that ended goes to the next', () => {
  const places = new WorkerPlaces();
  assert.deepEqual(
    [7, 8, 9].map((id) => places.take(id)),
    [1, 2, 3],
  );
  assert.equal(places.take(8), 2);
  places.leave(8);
  assert.equal(places.take(10), 2);
  assert.equal(places.take(11), 4);
});

test('one that is not known leaves nothing behind', () => {
  const places = new WorkerPlaces();
  places.take(1);
  places.leave(2);
  assert.equal(places.take(3), 2);
});

test('however workers come and go, no two have one number, and no number is above how many there were at once', () => {
  const step = fc.record({ id: fc.nat(8), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const places = new WorkerPlaces();
      const held = new Map<number, number>();
      let most = 0;
      for (const { id, leaves } of steps) {
        if (leaves) {
          places.leave(id);
          held.delete(id);
        } else held.set(id, places.take(id));
        most = Math.max(most, held.size);
        assert.equal(new Set(held.values()).size, held.size);
        assert.ok([...held.values()].every((place) => place >= 1 && place <= most));
      }
    }),
  );
});
