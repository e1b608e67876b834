// The shape of a whole number; digits in a string count too, because that is what `${NAME}` gives.
import type { z } from 'zod';
import { scalar } from './scalar.ts';

/** A whole number from `min` to `max`. */
export function integer(description: string, min: number, max: number): z.ZodType<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return scalar({
    description,
    read: (raw) => {
      const value = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? { value }
        : { expected };
    },
    schema: {
      anyOf: [
        { type: 'integer', minimum: min, maximum: max },
        { type: 'string', pattern: '^[0-9]+$|\\$\\{' },
      ],
    },
  });
}
