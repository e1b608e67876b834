// Signs and proves checkpoints with Ed25519, so that a chain cannot be computed anew by whoever may write the file.
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

export interface CheckpointSigner {
  /** Names the key: the first 16 hex digits of the SHA-256 of its public half (SPKI, DER). */
  readonly keyId: string;
  /** @param text ASCII. @returns base64url */
  readonly sign: (text: string) => string;
}

export interface CheckpointProver {
  readonly keyId: string;
  readonly isSigned: (text: string, signature: string) => boolean;
}

/** @param pem a private Ed25519 key; throws for any other */
export function makeCheckpointSigner(pem: string): CheckpointSigner {
  const key = requireEd25519(createPrivateKey(pem));
  return {
    keyId: toKeyId(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text, 'latin1'), key).toString('base64url'),
  };
}

/** @param pem a public Ed25519 key, or the private one; throws for any other */
export function makeCheckpointProver(pem: string): CheckpointProver {
  const key = requireEd25519(createPublicKey(pem));
  return {
    keyId: toKeyId(key),
    isSigned: (text, signature) => verify(null, Buffer.from(text, 'latin1'), key, Buffer.from(signature, 'base64url')),
  };
}

function requireEd25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the checkpoint key is no Ed25519 key');
  return key;
}

function toKeyId(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' })).slice(0, 16);
}
