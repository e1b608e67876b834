// The shape of a string with a form of its own: host, URL, glob, file name.
import type { z } from 'zod';
import { scalar } from './scalar.ts';

export interface TextFacts {
  readonly description: string;
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** The value in its normal form, or undefined when it is not one. */
  readonly find: (text: string) => string | undefined;
  /** Values an editor offers; others stay allowed. */
  readonly offers?: readonly string[];
}

/** A string that `find` accepts. A number or a boolean is not a string: YAML needs quotes there. */
export function text({ description, expected, find, offers }: TextFacts): z.ZodType<string> {
  return scalar({
    description,
    read: (raw) => {
      if (typeof raw === 'number' || typeof raw === 'boolean') return { expected: `${expected}, in quotes` };
      const value = typeof raw === 'string' ? find(raw) : undefined;
      return value === undefined ? { expected } : { value };
    },
    schema: offers === undefined ? { type: 'string' } : { anyOf: [{ enum: [...offers] }, { type: 'string' }] },
  });
}
