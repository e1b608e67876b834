// Asks of a mapping that it has exactly one of several keys, whatever else is wrong with it.
import type { z } from 'zod';
import { quote } from '../show-value.ts';
import { ALWAYS, addProblem } from './add-problem.ts';

/** `shape`, with exactly one of `keys`. */
export function exactlyOne<S extends z.ZodType>(shape: S, ...keys: readonly string[]): S {
  const words = keys.length === 2 ? `either ${keys.map(quote).join(' or ')}` : `one of ${keys.map(quote).join(', ')}`;
  return shape
    .superRefine((value, ctx) => {
      if (typeof value !== 'object' || value === null) return;
      const present = keys.filter((key) => key in value);
      if (present.length === 1) return;
      const found = present.length === keys.length && keys.length === 2 ? 'both' : present.map(quote).join(', ');
      addProblem(ctx, [], present.length === 0 ? `${words} is required` : `expected ${words}, found ${found}`);
    }, ALWAYS)
    .meta({ ...shape.meta(), oneOf: keys.map((key) => ({ required: [key] })) });
}
