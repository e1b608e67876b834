// The shape of a JSON Pointer (RFC 6901) to something inside a document.
import type { z } from 'zod';
import { text } from './text.ts';

const POINTER = /^(?:\/(?:[^~/\p{Cc}]|~[01])*)+$/u;

/** A pointer to a part, never to the whole, of at most 512 characters. */
export function jsonPointer(description: string): z.ZodType<string> {
  return text({
    description,
    expected: 'a JSON Pointer of 1 to 512 characters such as /structuredContent/basketId',
    find: (value) => (value.length <= 512 && POINTER.test(value) && value.isWellFormed() ? value : undefined),
  });
}
