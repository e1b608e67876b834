// The shape of a size, such as `512B`, `64KiB` and `1MiB`; bytes once read.
import type { z } from 'zod';
import { readQuantity, toPattern } from './quantity.ts';
import { scalar } from './scalar.ts';

const FACTORS = new Map([
  ['B', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

/** A size in bytes from 1 to `max`, which is written as `maxText` in messages. */
export function size(description: string, max: number, maxText: string): z.ZodType<number> {
  const expected = `a size such as 512B, 64KiB or 1MiB, larger than 0, at most ${maxText}`;
  return scalar({
    description,
    read: (raw) => readQuantity(raw, { factors: FACTORS, min: 1, max, expected }),
    schema: { type: 'string', pattern: toPattern(FACTORS) },
  });
}
