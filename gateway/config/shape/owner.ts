// The shape of whom something is counted for or bound to: a word, or `claim:NAME`.
import type { z } from 'zod';
import { scalar, VARIABLE } from './scalar.ts';
import { CLAIM_NAME } from './scope.ts';

export type Owner<W extends string> = { readonly by: W } | { readonly by: 'claim'; readonly claim: string };

/** One of `words`, or a claim by its exact name or else a dotted path. */
export function owner<W extends string>(description: string, words: readonly W[]): z.ZodType<Owner<W>> {
  return scalar<Owner<W>>({
    description,
    read: (raw) => {
      const word = words.find((known) => known === raw);
      if (word !== undefined) return { value: { by: word } };
      const claim = typeof raw === 'string' && raw.startsWith('claim:') ? raw.slice('claim:'.length) : '';
      if (CLAIM_NAME.pattern.test(claim)) return { value: { by: 'claim', claim } };
      return { expected: `${words.join(', ')} or claim:NAME, such as claim:tenant` };
    },
    schema: { anyOf: [{ enum: [...words] }, { type: 'string', pattern: '^claim:.' }, VARIABLE] },
  });
}
