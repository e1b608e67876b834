// The shapes of what tokens carry: scopes, claims, values.
import type { z } from 'zod';
import { text } from './text.ts';

/** RFC 6749 section 3.3. It also goes into a quoted `scope="…"` of a challenge, which it can never leave. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;

export const SCOPE_NAME = { pattern: SCOPE, expected: 'a scope: 1 to 256 visible ASCII characters without " and \\' };

/** One scope, as tokens and challenges write it. */
export function scope(description: string): z.ZodType<string> {
  return text({
    description,
    expected: SCOPE_NAME.expected,
    find: (value) => (SCOPE.test(value) ? value : undefined),
  });
}

// No control characters: spelled out, because editors read it without the flag that `\p{Cc}` needs.
const CLAIM = /^(?!\.|.*\.\.|.*\.$)[\x20-\x7E\xA0-\uFFFF]{1,256}$/;

export const CLAIM_NAME = {
  pattern: CLAIM,
  expected: 'the name of a claim, or a dotted path such as realm_access.roles, of 1 to 256 characters',
};

/** Where a token keeps something. */
export function claim(description: string): z.ZodType<string> {
  return text({
    description,
    expected: CLAIM_NAME.expected,
    find: (value) => (CLAIM.test(value) ? value : undefined),
  });
}

/** A value that is compared character by character: a group, a subject, a client. */
export function exact(description: string): z.ZodType<string> {
  return text({
    description,
    expected: 'a text of 1 to 512 characters without control characters',
    find: (value) => (/^\P{Cc}{1,512}$/u.test(value) && value.isWellFormed() ? value : undefined),
  });
}
