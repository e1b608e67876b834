// Numbers are read as integers exactly, or not at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readSafeInteger } from '../../../gateway/mcp/safe-integer.ts';
import { measureRatio } from './measure-ratio.ts';

const ROWS: readonly [literal: string, value: bigint | undefined][] = [
  ['0', 0n],
  ['-0', 0n],
  ['0.000', 0n],
  ['0e999999999999999999999', 0n],
  ['42', 42n],
  ['42.0', 42n],
  ['-42.000', -42n],
  ['4.2e1', 42n],
  ['420E-1', 42n],
  ['0.42e+2', 42n],
  ['1e15', 1_000_000_000_000_000n],
  ['9007199254740991', 9_007_199_254_740_991n],
  ['-9007199254740991', -9_007_199_254_740_991n],
  ['9007199254740991.0', 9_007_199_254_740_991n],
  ['9007199254740992', undefined],
  ['9007199254740993', undefined],
  ['-9007199254740992', undefined],
  ['9999999999999999', undefined],
  ['1e16', undefined],
  ['1e400', undefined],
  ['1e99999999999999999999', undefined],
  ['1e-99999999999999999999', undefined],
  ['42.5', undefined],
  ['42.0000000000000000000000001', undefined],
  ['41.99999999999999999999999999', undefined],
  ['1e-1', undefined],
  ['', undefined],
  ['+1', undefined],
  ['1.', undefined],
  ['.5', undefined],
  ['0x10', undefined],
  ['1_0', undefined],
  ['NaN', undefined],
  ['Infinity', undefined],
  ['١', undefined],
  ['1\n', undefined],
];

for (const [literal, value] of ROWS) {
  test(`${JSON.stringify(literal)} is ${value ?? 'no safe integer'}`, () =>
    assert.equal(readSafeInteger(literal), value));
}

test('an integer is itself in every spelling, and a fraction never becomes one', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(40), (value, zeros) => {
      const expected = BigInt(value);
      assert.equal(readSafeInteger(String(value)), expected);
      assert.equal(readSafeInteger(`${value}.${'0'.repeat(zeros + 1)}`), expected);
      assert.equal(readSafeInteger(`${value}${'0'.repeat(zeros)}e-${zeros}`), expected);
      assert.equal(readSafeInteger(`${value}.${'0'.repeat(zeros)}1`), undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('beyond the safe range there is no integer', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), (size) => {
      assert.equal(readSafeInteger(String(size)), undefined);
      assert.equal(readSafeInteger(String(-size)), undefined);
    }),
  );
});

test('long literals are read in linear time', () => {
  const digits = 100_000;
  for (const [make] of [
    [(n: number) => `${'0'.repeat(n)}1`],
    [(n: number) => `1${'0'.repeat(n)}.5`],
    [(n: number) => `0.${'01'.repeat(n / 2)}`],
  ]) {
    const [short, long] = [make?.(digits) ?? '', make?.(digits * 8) ?? ''];
    assert.ok(
      measureRatio(
        () => readSafeInteger(short),
        () => readSafeInteger(long),
      ) < 40,
    );
  }
});
