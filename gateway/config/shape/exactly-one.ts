// Asks of a mapping that it has exactly one of two keys, whatever else is wrong with it.
import type { z } from 'zod';
import { quote } from '../show-value.ts';
import { ALWAYS, addProblem } from './add-problem.ts';

/** `shape`, with exactly one of the keys `a` and `b`. */
export function exactlyOne<S extends z.ZodType>(shape: S, a: string, b: string): S {
  return shape
    .superRefine((value, ctx) => {
      if (typeof value !== 'object' || value === null) return;
      if (a in value !== b in value) return;
      const words = `either ${quote(a)} or ${quote(b)}`;
      addProblem(ctx, [], a in value ? `expected ${words}, found both` : `${words} is required`);
    }, ALWAYS)
    .meta({ ...shape.meta(), oneOf: [{ required: [a] }, { required: [b] }] });
}
