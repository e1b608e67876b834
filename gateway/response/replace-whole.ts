// Puts one text in the place of another, where that stands by itself: `b-1` is no part of `b-12`.

import { isSearchable } from '../mcp/is-searchable.ts';

/** A shorter value stands in texts for many other things. */
export const LEAST_REPLACED = 4;

/** What is put in is longer than what it replaces; a text of nothing else would grow beyond all bounds. */
const MAX_GROWTH = 1024 * 1024;

/** Places where the value stands as a part of something else cost as much as it is long. */
const MAX_WORK = 4 * 1024 * 1024;

const WORD = /[\p{L}\p{N}_-]/u;

/** @returns the same text when the value does not stand there; undefined when that would take too long, or make the text too long */
export function replaceWhole(text: string, value: string, replacement: string): string | undefined {
  if (!isSearchable(text.length, value.length)) return undefined;
  const most = MAX_GROWTH / replacement.length;
  let out = '';
  let from = 0;
  let count = 0;
  let work = 0;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    work += value.length;
    if (work > MAX_WORK) return undefined;
    if (at < from || WORD.test(text.charAt(at - 1)) || WORD.test(text.charAt(at + value.length))) continue;
    if (++count > most) return undefined;
    out += text.slice(from, at) + replacement;
    from = at + value.length;
  }
  return from === 0 ? text : out + text.slice(from);
}
