// The shape of an id that the user chooses and that appears in logs, metrics and headers.
import type { z } from 'zod';
import { text } from './text.ts';

const ID = /^[A-Za-z0-9._-]{1,64}$/;

export function identifier(description: string): z.ZodType<string> {
  return text({
    description,
    expected: '1 to 64 letters, digits, `.`, `_` or `-`',
    find: (id) => (ID.test(id) ? id : undefined),
  });
}
