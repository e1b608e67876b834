// The shape of a number from 0 to 1; digits in a string count too, because that is what `${NAME}` gives.
import type { z } from 'zod';
import { scalar } from './scalar.ts';

export function fraction(description: string): z.ZodType<number> {
  return scalar({
    description,
    read: (raw) => {
      const value = typeof raw === 'string' && /^(?:0|1|0?\.\d{1,15}|1\.0{1,15})$/.test(raw) ? Number(raw) : raw;
      return typeof value === 'number' && value >= 0 && value <= 1 ? { value } : { expected: 'a number from 0 to 1' };
    },
    schema: {
      anyOf: [
        { type: 'number', minimum: 0, maximum: 1 },
        { type: 'string', pattern: '^[01]?(\\.[0-9]+)?$|\\$\\{' },
      ],
    },
  });
}
