// The shapes of globs: over names, and over URIs.
import type { z } from 'zod';
import { text } from './text.ts';

const MAX_GLOB = 512;

/** A glob over names, in which `*` matches anything. */
export function glob(description: string): z.ZodType<string> {
  return text({
    description: `${description} A glob: * matches anything.`,
    expected: `a glob of 1 to ${MAX_GLOB} characters without control characters`,
    find: (value) => (isGlob(value) ? value : undefined),
  });
}

export function isGlob(value: string): boolean {
  return value.length > 0 && value.length <= MAX_GLOB && !/\p{Cc}/u.test(value) && value.isWellFormed();
}

/** Such a URI is refused before any rule is asked, so a glob that needs it would protect nothing. */
const NEVER_MATCHED = /[^\x21-\x7e]|[\\]|%2f|%5c|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/** A glob over URIs, in which `*` matches within a segment and `**` across. */
export function uriGlob(description: string): z.ZodType<string> {
  return text({
    description: `${description} A glob: * matches within one segment of a URI, ** across.`,
    expected: `a glob of 1 to ${MAX_GLOB} characters such as weather://**, in ASCII, without dot segments, encoded separators, spaces or control characters`,
    find: (value) => (isGlob(value) && !NEVER_MATCHED.test(value) ? value : undefined),
  });
}
