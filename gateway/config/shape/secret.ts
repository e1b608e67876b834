// The shapes of secrets: in the file (or the environment), or in a file of their own.
import { z } from 'zod';
import { scalar } from './scalar.ts';
import { section } from './section.ts';
import { fileName } from './tls.ts';

/** What may stand in a header without changing its meaning (RFC 9110 section 5.5). */
const VISIBLE = /^[\x21-\x7E](?:[\x20-\x7E]{0,8190}[\x21-\x7E])?$/;

export const SECRET_WORDS = 'a secret of 1 to 8192 ASCII characters without control characters and spaces around it';

/** The text, when it can be sent as a header and as a form field. */
export function findSecret(text: string): string | undefined {
  return VISIBLE.test(text) ? text : undefined;
}

/** A secret that stands in the file; `${NAME}` is better. */
export function secretText(description: string): z.ZodType<string> {
  return scalar({
    description,
    read: (raw) => {
      const value = typeof raw === 'string' ? findSecret(raw) : undefined;
      return value === undefined ? { expected: SECRET_WORDS } : { value };
    },
    schema: { type: 'string' },
  });
}

/** A secret, or `{ file }` with the name of the file that holds it. */
export function secret(description: string) {
  const file = fileName('File that holds it; spaces and line ends around it do not count.');
  const words = { secret: true, expected: `${SECRET_WORDS}, or a mapping with \`file\`` };
  return z.union([secretText(description), section(description, { file }, words)]).meta({ description });
}
