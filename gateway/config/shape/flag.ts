// The shape of a yes or no; the strings `true` and `false` count too, because that is what `${NAME}` gives.
import type { z } from 'zod';
import { scalar, VARIABLE } from './scalar.ts';

/** True or false. YAML 1.2 has no `yes` and `on`; they are refused like any other text. */
export function flag(description: string): z.ZodType<boolean> {
  return scalar({
    description,
    read: (raw) => {
      if (raw === true || raw === 'true') return { value: true };
      if (raw === false || raw === 'false') return { value: false };
      return { expected: 'true or false' };
    },
    schema: { anyOf: [{ type: 'boolean' }, VARIABLE] },
  });
}
