// Makes the shape of one scalar key: how it is read, what is said when it cannot be, and what an editor is told.
import { z } from 'zod';

/** What became of a raw value: the value itself, or what was expected instead. */
export type Read<T> = { readonly value: T } | { readonly expected: string };

export interface ScalarFacts<T> {
  readonly description: string;
  /** Reads the raw YAML value; `expected` completes the sentence "expected …". */
  readonly read: (raw: unknown) => Read<T>;
  /** JSON Schema of the raw value; it must let `${NAME}` through. */
  readonly schema: z.core.JSONSchema.BaseSchema;
}

/** JSON Schema of any string that names an environment variable. */
export const VARIABLE = { type: 'string', pattern: '\\$\\{' } as const;

/** A scalar: raw in the file and in the JSON Schema, read in the output. */
export function scalar<T>({ description, read, schema }: ScalarFacts<T>): z.ZodType<T> {
  return z
    .unknown()
    .transform((raw, ctx): T => {
      const result = read(raw);
      if ('value' in result) return result.value;
      ctx.addIssue({ code: 'custom', message: result.expected, input: raw });
      return z.NEVER;
    })
    .meta({ ...schema, description });
}
