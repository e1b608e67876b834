// Asks of a list of mappings that the entries differ in one key, whatever else is wrong with them.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';

/** `list`, with each text under `key` once. The message does not repeat it. */
export function uniqueBy<S extends z.ZodType>(list: S, key: string): S {
  return list.superRefine((entries: unknown, ctx) => {
    const seen = new Map<string, number>();
    for (const [index, entry] of Array.isArray(entries) ? entries.entries() : []) {
      const value: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, key) : undefined;
      if (typeof value !== 'string') continue;
      const earlier = seen.get(value);
      if (earlier !== undefined)
        addProblem(ctx, [index, key], `is the same as [${earlier}].${key}; expected each once`);
      seen.set(value, earlier ?? index);
    }
  }, ALWAYS);
}
