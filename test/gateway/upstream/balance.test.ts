// Which instance a request goes to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeBalance } from '../../../gateway/upstream/balance.ts';
import type { Instance } from '../../../gateway/upstream/instance.ts';
import { makeInstances } from './make-instances.ts';

function countPicks(pickOne: () => Instance | undefined, times: number): Map<Instance, number> {
  const counts = new Map<Instance, number>();
  for (let time = 0; time < times; time += 1) {
    const instance = pickOne();
    if (instance !== undefined) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  return counts;
}

const KINDS = ['round-robin', 'least-requests'] as const;
const randomStart = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

for (const kind of KINDS) {
  test(`${kind} gives idle healthy instances equal counts, whichever others are out of service`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('healthy', 'ejected', 'unhealthy'), { minLength: 1, maxLength: 12 }),
        fc.nat(200),
        randomStart,
        (states, times, start) => {
          const instances = makeInstances(states.length);
          for (const [index, state] of states.entries()) Object.assign(instances[index] ?? {}, { state });
          const pick = makeBalance(kind, () => start);
          const counts = countPicks(() => pick(instances, undefined), times);
          const healthy = instances.filter(({ state }) => state === 'healthy');
          for (const instance of instances.filter((one) => !healthy.includes(one))) assert(!counts.has(instance));
          const shares = healthy.map((instance) => counts.get(instance) ?? 0);
          if (shares.length > 0) assert(Math.max(...shares) - Math.min(...shares) <= 1, shares.join());
        },
      ),
    );
  });

  test(`${kind} never picks an instance this request has tried, and gives up when all are tried`, () => {
    const instances = makeInstances(3);
    const pick = makeBalance(kind, () => 0.4);
    const tried: Instance[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const instance = pick(instances, tried);
      assert(instance !== undefined && !tried.includes(instance));
      tried.push(instance);
    }
    assert.equal(pick(instances, tried), undefined);
  });

  test(`${kind} finds nothing where nothing is healthy`, () => {
    const instances = makeInstances(2);
    for (const instance of instances) instance.state = 'ejected';
    assert.equal(makeBalance(kind, () => 0)(instances, undefined), undefined);
    assert.equal(makeBalance(kind, () => 0)([], undefined), undefined);
  });

  test(`${kind} keeps first tries even while every request that fails is tried again elsewhere`, () => {
    const instances = makeInstances(2);
    const [failing] = instances;
    assert(failing !== undefined);
    const pick = makeBalance(kind, () => 0);
    const counts = countPicks(() => {
      const first = pick(instances, undefined);
      if (first === failing) pick(instances, [first]);
      return first;
    }, 100);
    assert.deepEqual(
      instances.map((instance) => counts.get(instance)),
      [50, 50],
    );
  });
}

test('retries spread over all that is left, not only over the neighbour of the one that failed', () => {
  const instances = makeInstances(4);
  const [failing] = instances;
  assert(failing !== undefined);
  const pick = makeBalance('round-robin', () => 0);
  const counts = countPicks(() => pick(instances, [failing]), 30);
  assert.deepEqual(
    instances.map((instance) => counts.get(instance) ?? 0),
    [0, 10, 10, 10],
  );
});

test('least-requests picks one with the fewest requests in flight', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }), randomStart, (loads, start) => {
      const instances = makeInstances(loads.length);
      for (const [index, load] of loads.entries()) {
        for (let request = 0; request < load; request += 1) instances[index]?.begin();
      }
      const picked = makeBalance('least-requests', () => start)(instances, undefined);
      assert.equal(picked?.inFlight, Math.min(...loads));
    }),
  );
});

test('least-requests shares out equally among those tied, however they lie', () => {
  const instances = makeInstances(5);
  instances[1]?.begin();
  instances[2]?.begin();
  const pick = makeBalance('least-requests', () => 0);
  const counts = countPicks(() => pick(instances, undefined), 30);
  assert.deepEqual(
    instances.map((instance) => counts.get(instance) ?? 0),
    [10, 0, 0, 10, 10],
  );
});

test('two gateways with other random numbers do not start at the same instance', () => {
  const instances = makeInstances(10);
  const starts = [0, 0.123, 0.456, 0.789].map(
    (start) => makeBalance('round-robin', () => start)(instances, undefined)?.index,
  );
  assert(new Set(starts).size > 1, starts.join());
});
