// Reads the key that signs assertions: the private half to sign with, the public half to publish.
import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';

export interface AssertionKeySettings {
  /** PEM contents: a private key, not encrypted. */
  readonly keyPem: string;
  /** Undefined: the thumbprint of the key. */
  readonly keyId: string | undefined;
  /** JWS `alg` that fits the key. */
  readonly algorithm: string;
}

/** A JWK as it stands in a set that anyone may read (RFC 7517 section 4). */
export interface PublicJwk extends JsonWebKey {
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
}

export interface AssertionKey {
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** @throws Error without a word of the PEM when it holds no private key in the clear */
export function readAssertionKey({ keyPem, keyId, algorithm }: AssertionKeySettings): AssertionKey {
  const privateKey = createPrivateKey(keyPem);
  const { kty, crv, x, y, n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  // Exactly the members that are required for the type of the key, in the order of RFC 7638 section 3; others are undefined.
  const required = { crv, e, kty, n, x, y };
  const kid = keyId ?? hash('sha256', JSON.stringify(required), 'base64url');
  return {
    privateKey,
    publicJwk: { ...(JSON.parse(JSON.stringify(required)) as JsonWebKey), kid, alg: algorithm, use: 'sig' },
  };
}
