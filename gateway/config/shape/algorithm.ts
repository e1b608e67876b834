// The shape of a JWS algorithm: asymmetric ones, with a word on why the others are refused.
import type { z } from 'zod';
import { scalar, VARIABLE } from './scalar.ts';

const SIZES = ['256', '384', '512'];
const ASYMMETRIC = [...['RS', 'PS', 'ES'].flatMap((family) => SIZES.map((size) => family + size)), 'EdDSA', 'Ed25519'];
const EXPECTED = `one of ${ASYMMETRIC.join(', ')}`;

/** One of the asymmetric algorithms of RFC 7518 section 3.1, RFC 8037 and RFC 9864. */
export function algorithm(description: string): z.ZodType<string> {
  return scalar({
    description,
    read: (raw) => {
      if (typeof raw === 'string' && ASYMMETRIC.includes(raw)) return { value: raw };
      if (typeof raw === 'string' && /^hs\d+$/i.test(raw)) {
        return { expected: `${EXPECTED}: with HMAC, whoever can check a token can make one` };
      }
      return { expected: raw === 'none' ? `${EXPECTED}: without a signature anyone can make a token` : EXPECTED };
    },
    schema: { anyOf: [{ enum: ASYMMETRIC }, VARIABLE] },
  });
}
