// The shape of one word out of a fixed set.
import type { z } from 'zod';
import { scalar, VARIABLE } from './scalar.ts';

/** One of `words`, spelled exactly. */
export function choice<W extends string>(description: string, words: readonly W[]): z.ZodType<W> {
  return scalar({
    description,
    read: (raw) => {
      const value = words.find((word) => word === raw);
      return value === undefined ? { expected: `one of ${words.join(', ')}` } : { value };
    },
    schema: { anyOf: [{ enum: [...words] }, VARIABLE] },
  });
}
