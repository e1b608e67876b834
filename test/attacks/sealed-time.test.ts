// The attacker measures: a seal of somebody else must not take longer or shorter to refuse than noise of the same form, or he
// learns that it is one. Work is compared at module level, where a difference is hundreds of times easier to see than over a wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKey, makeTestSeals } from '../gateway/sealing/sealing-under-test.ts';

const ROUNDS = 4000;
const OWN = { purpose: 'state', binding: '["token","https://login.example.com","alice"]' } as const;
const FOREIGN = { purpose: 'state', binding: '["token","https://login.example.com","bobby"]' } as const;

const seals = makeTestSeals([makeKey('k1'), makeKey('k2')]);
const payload = Buffer.alloc(200, '"state"');
const seal = (binding: string): string => seals.seal(payload, { ...OWN, binding, lifeMs: 60_000 }) ?? '';

function toMedian(times: Float64Array): number {
  return times.toSorted()[times.length >> 1] as number;
}

/** Medians in microseconds, measured in turn so that the machine's moods fall on all alike. */
function measure(texts: readonly string[]): readonly number[] {
  const times = texts.map(() => new Float64Array(ROUNDS));
  for (let round = -500; round < ROUNDS; round++) {
    for (let i = 0; i < texts.length; i++) {
      const before = process.hrtime.bigint();
      assert.equal(seals.open(texts[i] as string, OWN), undefined);
      if (round >= 0) (times[i] as Float64Array)[round] = Number(process.hrtime.bigint() - before) / 1000;
    }
  }
  return times.map(toMedian);
}

const own = seal(OWN.binding);
const body = own.lastIndexOf('.') - 40;
const turned = own[body] === 'A' ? 'B' : 'A';

test('refusing a foreign seal takes as long as refusing a tampered one or noise', () => {
  const texts = [
    seal(FOREIGN.binding),
    own.slice(0, body) + turned + own.slice(body + 1),
    `${own.slice(0, own.indexOf('..') + 2)}${'A'.repeat(16)}.${own.split('.')[3]}.${'A'.repeat(22)}`,
  ];
  // A loud machine may spoil one try; a real difference would spoil all.
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 5 && least > 0.1; tries++) {
    const [foreign = 0, ...others] = measure(texts);
    least = Math.min(least, Math.max(...others.map((other) => Math.abs(other - foreign) / foreign)));
  }
  assert.ok(least <= 0.1, `${(least * 100).toFixed(1)} %`);
});
