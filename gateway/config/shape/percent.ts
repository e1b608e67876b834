// The shape of a share, such as `50%`; a fraction from 0 to 1 once read.
import type { z } from 'zod';
import { scalar } from './scalar.ts';

const PERCENT = /^(\d{1,3}(?:\.\d{1,6})?)%$/;
const EXPECTED = 'a percentage such as 50%, from 0% to 100%';

/** A percentage as a fraction. */
export function percent(description: string): z.ZodType<number> {
  return scalar({
    description,
    read: (raw) => {
      const [, digits] = (typeof raw === 'string' ? PERCENT.exec(raw) : null) ?? [];
      const value = Number(digits) / 100;
      return value <= 1 ? { value } : { expected: EXPECTED };
    },
    schema: { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$|\\$\\{' },
  });
}
