// Makes the shape of a mapping with fixed keys, which says of an unknown key what was probably meant.
import { z } from 'zod';
import { quote } from '../show-value.ts';
import { suggestKey } from '../suggest-key.ts';

/**
 * A mapping that has these keys and no others.
 *
 * `later` are keys the contract names and this version does not serve. The message of an unknown-key issue has one line for
 * each of its keys, because only here the known keys are at hand.
 */
export function section<S extends z.core.$ZodLooseShape>(description: string, shape: S, later: readonly string[] = []) {
  const known = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => sayUnknown(key, known, later)).join('\n')
          : 'a mapping',
    })
    .meta({ description });
}

function sayUnknown(key: string, known: readonly string[], later: readonly string[]): string {
  if (later.includes(key)) return `${quote(key)} is not served by this version`;
  const meant = suggestKey(key, known);
  return `unknown key ${quote(key)}; ${meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${quote(meant)}?`}`;
}
