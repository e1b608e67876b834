// The shape of a duration, such as `500ms`, `30s`, `5m` and `1h`; milliseconds once read.
import type { z } from 'zod';
import { readQuantity, toPattern } from './quantity.ts';
import { scalar } from './scalar.ts';

const FACTORS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
/** Timers of Node hold 31 bits of milliseconds; anything longer fires at once. */
const LONGEST = { ms: 2 ** 31 - 1, text: '596h' };

/** A duration in milliseconds. Zero is refused unless `zero` says that it means something here. */
export function duration(description: string, { zero = false, most = LONGEST } = {}): z.ZodType<number> {
  const min = zero ? 0 : 1;
  const expected = `a duration such as 500ms, 30s, 5m or 1h${zero ? ', or 0' : ', longer than 0'}, at most ${most.text}`;
  return scalar({
    description,
    read: (raw) => readQuantity(raw, { factors: FACTORS, min, max: most.ms, expected }),
    schema: zero
      ? { anyOf: [{ type: 'string', pattern: toPattern(FACTORS) }, { const: 0 }] }
      : { type: 'string', pattern: toPattern(FACTORS) },
  });
}
