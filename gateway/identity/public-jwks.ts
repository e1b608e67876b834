// The public halves of the keys that sign assertions, as upstreams fetch them.
import { type AssertionKeySettings, type PublicJwk, readAssertionKey } from './assertion-key.ts';

/** A JWK set (RFC 7517 section 5). A key that several upstreams share stands there once. */
export function toPublicJwks(settings: readonly AssertionKeySettings[]): { readonly keys: readonly PublicJwk[] } {
  const keys = new Map<string, PublicJwk>();
  for (const each of settings) {
    const { publicJwk } = readAssertionKey(each);
    keys.set(JSON.stringify(publicJwk), publicJwk);
  }
  return { keys: [...keys.values()] };
}
