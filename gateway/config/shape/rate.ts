// The shape of a rate, such as `100/1m`: a count, and the time in which it may be used up.
import type { z } from 'zod';
import { duration } from './duration.ts';
import { scalar } from './scalar.ts';

export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

const RATE = /^([1-9]\d{0,8})\/(\d+[a-z]+)$/;
const EXPECTED = 'a rate such as 100/1m: a whole number from 1 to 999999999, a slash, a duration of at most 596h';
const PERIOD = duration('');

export function rate(description: string): z.ZodType<Rate> {
  return scalar({
    description,
    read: (raw) => {
      const [, count = '', period] = (typeof raw === 'string' ? RATE.exec(raw) : null) ?? [];
      const periodMs = PERIOD.safeParse(period).data;
      return periodMs === undefined ? { expected: EXPECTED } : { value: { count: Number(count), periodMs } };
    },
    schema: { type: 'string', pattern: '^[1-9][0-9]*/[0-9]+(ms|s|m|h)$|\\$\\{' },
  });
}
