// Arithmetic of units, and the distance between keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { duration } from '../../../gateway/config/shape/duration.ts';
import { percent } from '../../../gateway/config/shape/percent.ts';
import { rate } from '../../../gateway/config/shape/rate.ts';
import { size } from '../../../gateway/config/shape/size.ts';
import { suggestKey } from '../../../gateway/config/suggest-key.ts';

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const BYTES = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

test('a duration is its number times its unit, from 1 ms to 2^31 - 1 ms', () => {
  const units = fc.constantFrom(...(Object.keys(MS) as (keyof typeof MS)[]));
  fc.assert(
    fc.property(fc.nat(), units, (number, unit) => {
      const ms = number * MS[unit];
      const read = duration('').safeParse(`${number}${unit}`);
      assert.equal(read.success, ms >= 1 && ms <= 2_147_483_647);
      if (read.success) assert.equal(read.data, ms);
    }),
  );
});

test('a rate is a count and a duration', () => {
  const units = fc.constantFrom(...(Object.keys(MS) as (keyof typeof MS)[]));
  fc.assert(
    fc.property(fc.nat(1_100_000_000), fc.nat(1_000_000), units, (count, number, unit) => {
      const periodMs = number * MS[unit];
      const read = rate('').safeParse(`${count}/${number}${unit}`);
      assert.equal(read.success, count >= 1 && count <= 999_999_999 && periodMs >= 1 && periodMs <= 2_147_483_647);
      if (read.success) assert.deepEqual(read.data, { count, periodMs });
    }),
  );
  for (const text of ['', '/', '1/', '/1s', '01/1s', '+1/1s', '1/1s/1s', '1 / 1s', '1/0', '1e2/1s', 100, null, {}]) {
    assert.equal(rate('').safeParse(text).success, false, JSON.stringify(text));
  }
});

test('a size is its number times its unit, from 1 byte to the most allowed', () => {
  const units = fc.constantFrom(...(Object.keys(BYTES) as (keyof typeof BYTES)[]));
  fc.assert(
    fc.property(fc.nat(), units, (number, unit) => {
      const bytes = number * BYTES[unit];
      const read = size('', 2 ** 30, '1GiB').safeParse(`${number}${unit}`);
      assert.equal(read.success, bytes >= 1 && bytes <= 2 ** 30);
      if (read.success) assert.equal(read.data, bytes);
    }),
  );
});

test('a share from 0 to 100 per cent is a fraction', () => {
  fc.assert(
    fc.property(fc.nat(200), (number) => {
      const read = percent('').safeParse(`${number}%`);
      assert.equal(read.success, number <= 100);
      if (read.success) assert.equal(read.data, number / 100);
    }),
  );
});

test('text that is no quantity is refused', () => {
  for (const text of [
    '',
    '5',
    '5 s',
    ' 5s',
    '5s ',
    '-5s',
    '+5s',
    '5S',
    '1.5s',
    '1e3s',
    '5s5s',
    '٥s',
    's',
    '0x5s',
    null,
    5,
    {},
    [],
  ]) {
    assert.equal(duration('').safeParse(text).success, false, JSON.stringify(text));
  }
});

test('zero is a duration only where it means something', () => {
  for (const zero of [0, '0', '0s', '0ms']) {
    assert.equal(duration('').safeParse(zero).success, false);
    assert.equal(duration('', { zero: true }).safeParse(zero).data, 0);
  }
});

const KNOWN = ['upstream', 'routes', 'resource', 'extensions'];
const MEANT: readonly [string, string | undefined][] = [
  ['upstrem', 'upstream'],
  ['upstreams', 'upstream'],
  ['pustream', 'upstream'],
  ['Routes', 'routes'],
  ['ruotes', 'routes'],
  ['extension', 'extensions'],
  ['xyz', undefined],
  ['', undefined],
  ['u'.repeat(100_000), undefined],
];
for (const [typed, meant] of MEANT) {
  test(`${JSON.stringify(typed.slice(0, 20))} was ${meant === undefined ? 'no known key' : `meant to be ${meant}`}`, () => {
    assert.equal(suggestKey(typed, KNOWN), meant);
  });
}
