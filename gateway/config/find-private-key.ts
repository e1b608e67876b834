// Reads private keys out of PEM texts, and knows which signature algorithms fit them.
import { createPrivateKey, type KeyObject } from 'node:crypto';

export const MAX_PEM_BYTES = 2 ** 20;
export const PRIVATE_KEY = 'a PEM file of one private key that is not encrypted';

const MIN_RSA_BITS = 2048;
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

export function findPrivateKey(pem: string): KeyObject | undefined {
  return pem.includes('PRIVATE KEY-----') ? tryTo(() => createPrivateKey(pem)) : undefined;
}

/** JWS algorithms the key can sign with, the usual one first; none for a key too weak or of a kind that is not served. */
export function findAlgorithms({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): readonly string[] {
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'rsa') return modulusLength >= MIN_RSA_BITS ? RSA_ALGORITHMS : [];
  if (asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  if (asymmetricKeyType !== 'ec') return [];
  if (namedCurve === 'prime256v1') return ['ES256'];
  return namedCurve === 'secp384r1' ? ['ES384'] : [];
}

/** OpenSSL's own words are left out: they say nothing a person could act on. */
export function tryTo<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
