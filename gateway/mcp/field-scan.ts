// Tells the few fields of an object that matter from all its other members, without making a text of each name.
import { isLookalike, makeFieldNames } from './field-names.ts';
import { readString } from './json-walk.ts';

/** What `scan` says of a name that is not a field, but that a reader who ignores case would take for one. */
export const LOOKALIKE = Symbol('lookalike');

export interface FieldScan {
  /**
   * @param start the opening quote of a member's name in JSON that `scanJson` accepted
   * @param end behind the closing one
   * @returns the field of this name; undefined when it is none
   */
  scan(text: Buffer, start: number, end: number): string | undefined | typeof LOOKALIKE;
}

/** @param names all in ASCII */
export function makeFieldScan(names: readonly string[]): FieldScan {
  const fields = makeFieldNames(names);
  // Spelled in ASCII, a look-alike begins with the same letter; all other bytes, and escapes, are looked at more closely.
  const beginnings = new Uint8Array(256).fill(1, 0x80);
  beginnings[0x5c] = 1;
  for (const name of names) {
    beginnings[name.toLowerCase().charCodeAt(0)] = 1;
    beginnings[name.toUpperCase().charCodeAt(0)] = 1;
  }
  return {
    scan(text, start, end) {
      if (beginnings[text[start + 1] as number] === 0) return undefined;
      const name = readString(text, start, end);
      if (fields.exact.has(name)) return name;
      return isLookalike(name, fields) ? LOOKALIKE : undefined;
    },
  };
}
