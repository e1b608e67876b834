// The signature algorithms there are, and the key each of them takes; symmetric ones do not exist here.

/** By `kty`, for elliptic curves with `crv` behind a colon (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
const BY_KEY: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EC:P-256', ['ES256']],
  ['EC:P-384', ['ES384']],
  ['EC:P-521', ['ES512']],
  ['OKP:Ed25519', ['EdDSA', 'Ed25519']],
]);

/** Every algorithm a configuration may name. */
export const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([...BY_KEY.values()].flat());

/** The algorithms a key of this type takes, narrowed by what it says itself; none for keys of no use here. */
export function findAlgorithms(kty: unknown, crv: unknown, alg: unknown): readonly string[] {
  if (typeof kty !== 'string') return [];
  const family = BY_KEY.get(typeof crv === 'string' && kty !== 'RSA' ? `${kty}:${crv}` : kty) ?? [];
  if (alg === undefined) return family;
  // RFC 9864 gives Ed25519 a second name; a key under one serves tokens under the other.
  const other = alg === 'EdDSA' ? 'Ed25519' : alg === 'Ed25519' ? 'EdDSA' : alg;
  return family.filter((each) => each === alg || each === other);
}
