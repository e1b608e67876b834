// The keys of one issuer that can verify signatures, as they were at one moment.
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { findAlgorithms } from './signature-algorithms.ts';
import type { StrictObject } from './strict-object.ts';

interface SigningKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
  /** Tells apart what differs in any part that matters. */
  readonly print: string;
}

/** `key_unknown`: no key has this `kid`. `alg`: a key has it, and is not for this algorithm. */
export type KeyChoice = readonly KeyObject[] | 'key_unknown' | 'alg';

const MIN_RSA_BITS = 2048;
/** More keys than any honest issuer publishes; what follows them is ignored. */
const MAX_KEYS = 100;
/** Keys that share a `kid`; each costs a verification for every bad token. */
const MAX_NAMESAKES = 4;
/** Members only private or symmetric keys have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

export class KeySet {
  readonly #keys: readonly SigningKey[];
  /** Equal for sets of equal keys, in whatever order. */
  readonly print: string;

  constructor(keys: readonly SigningKey[]) {
    this.#keys = keys;
    this.print = JSON.stringify(keys.map(({ print }) => print).toSorted());
  }

  get size(): number {
    return this.#keys.length;
  }

  /**
   * Chooses the keys that may have signed a token. Without `kid` it must be clear which: exactly one key takes the
   * algorithm. Several keys under one `kid` are all tried.
   */
  choose(kid: string | undefined, alg: string): KeyChoice {
    if (kid === undefined) {
      const fits = this.#keys.filter(({ algorithms }) => algorithms.includes(alg));
      return fits.length === 1 ? fits.map(({ key }) => key) : 'key_unknown';
    }
    const named = this.#keys.filter((each) => each.kid === kid);
    if (named.length === 0) return 'key_unknown';
    const fits = named.filter(({ algorithms }) => algorithms.includes(alg));
    return fits.length === 0 ? 'alg' : fits.slice(0, MAX_NAMESAKES).map(({ key }) => key);
  }
}

/**
 * Takes from a JWK set (RFC 7517) the keys that are public, strong and meant for signatures under one of `allowed`.
 * What is not is left out without spoiling the rest: symmetric and private keys, RSA under 2048 bits, `use` or
 * `key_ops` for something else, unknown types and curves.
 */
export function toKeySet(document: StrictObject, allowed: readonly string[]): KeySet {
  const entries = Object.hasOwn(document, 'keys') && Array.isArray(document['keys']) ? document['keys'] : [];
  const keys = new Map<string, SigningKey>();
  for (const entry of entries) {
    const key = toSigningKey(entry, allowed);
    if (key !== undefined) keys.set(key.print, key);
    if (keys.size === MAX_KEYS) break;
  }
  return new KeySet([...keys.values()]);
}

function toSigningKey(entry: unknown, allowed: readonly string[]): SigningKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const jwk = entry as StrictObject;
  const { kid, kty, crv, alg, use, key_ops: operations } = jwk;
  if (SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  const algorithms = findAlgorithms(kty, crv, alg).filter((each) => allowed.includes(each));
  if (algorithms.length === 0) return undefined;
  const key = findPublicKey(jwk);
  if (key === undefined) return undefined;
  return { kid, algorithms, key, print: JSON.stringify([kid ?? null, algorithms, key.export({ format: 'jwk' })]) };
}

function findPublicKey({ kty, crv, x, y, n, e }: StrictObject): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: { kty, crv, x, y, n, e } as JsonWebKey, format: 'jwk' });
    return kty !== 'RSA' || isStrongRsa(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** An exponent of 1 would make every text its own signature. */
function isStrongRsa({ asymmetricKeyDetails: details }: KeyObject): boolean {
  return (details?.modulusLength ?? 0) >= MIN_RSA_BITS && (details?.publicExponent ?? 0n) >= 3n;
}
