// Makes the shape of a mapping whose keys are names the user chose; it becomes a Map, so that any name is an ordinary one.
import { z } from 'zod';
import { addProblem } from './add-problem.ts';

export interface NameFacts {
  readonly pattern: RegExp;
  /** Completes "is not a valid name here: expected …". */
  readonly expected: string;
  /** Completes "expected …" when an empty mapping makes no sense. */
  readonly least?: string;
}

/** A mapping from chosen names to values of one shape. */
export function mapOf<V extends z.ZodType>(description: string, { pattern, expected, least }: NameFacts, value: V) {
  const key = z.string().superRefine((name, ctx) => {
    if (!pattern.test(name)) addProblem(ctx, [], `is not a valid name here: expected ${expected}`);
  });
  const map = z.map(key, value, { error: 'a mapping' });
  const bounded = least === undefined ? map : map.min(1, least);
  return z.preprocess(toMap, bounded.meta({ propertyNames: { pattern: pattern.source } })).meta({ description });
}

function toMap(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? new Map(Object.entries(raw)) : raw;
}
