// Makes the shape of a mapping with fixed keys, which says of an unknown key what was probably meant.
import { z } from 'zod';
import { quote } from '../show-value.ts';
import { suggestKey } from '../suggest-key.ts';

export interface SectionWords {
  /** Keys the contract names and this version does not serve. */
  readonly later?: readonly string[];
  /** What is expected when something else than a mapping stands there. */
  readonly expected?: string;
  /** Unknown keys are not repeated: with a space forgotten, `bearer:secret` is one. */
  readonly secret?: boolean;
}

/**
 * A mapping that has these keys and no others. The message of an unknown-key issue has one line for each of its keys,
 * because only here the known keys are at hand.
 */
export function section<S extends z.core.$ZodLooseShape>(description: string, shape: S, words: SectionWords = {}) {
  const known = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => sayUnknown(key, known, words)).join('\n')
          : (words.expected ?? 'a mapping'),
    })
    .meta({ description });
}

function sayUnknown(key: string, known: readonly string[], { later = [], secret = false }: SectionWords): string {
  if (later.includes(key)) return `${quote(key)} is not served by this version`;
  const meant = suggestKey(key, known);
  const name = secret ? '' : ` ${quote(key)}`;
  return `unknown key${name}; ${meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${quote(meant)}?`}`;
}
