// The keys that seal and open: one derived from each configured secret for each purpose, once, when the configuration loads.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What a seal is for. A seal of one purpose is noise to all others: each has its own key. */
export type SealPurpose = 'state' | 'task' | 'handle';

const PURPOSES: readonly SealPurpose[] = ['state', 'task', 'handle'];
const SECRET_BYTES = 32;

/** One configured key. */
export interface SealingKey {
  /** Stands readable in every seal, as `kid`. */
  readonly id: string;
  /** Base64 of 32 random bytes. */
  readonly secret: string;
  /** True: seals made with it are opened, new ones are not made. */
  readonly openOnly: boolean;
}

/** A configured key, ready for use. */
export interface DerivedKey {
  /** Protected header and empty encrypted key of every seal made with it, up to and with the second dot. */
  readonly prefix: string;
  /** The protected header as it is authenticated (RFC 7516, section 5.1, step 14). */
  readonly header: Buffer;
  readonly openOnly: boolean;
  /** Pseudorandom keys, from which the content keys come. */
  readonly purposes: ReadonlyMap<SealPurpose, KeyObject>;
}

/**
 * Derives a key for each purpose (HKDF, RFC 5869, with SHA-256). A change of what seals hold changes the number in `info`,
 * so that seals of another make of gateway do not open.
 *
 * @throws TypeError when the secret is not 32 bytes in base64
 */
export function deriveKey({ id, secret, openOnly }: SealingKey): DerivedKey {
  const bytes = Buffer.from(secret, 'base64');
  if (bytes.length !== SECRET_BYTES || bytes.toString('base64') !== secret) {
    throw new TypeError(`the secret of sealing key ${JSON.stringify(id)} is not ${SECRET_BYTES} bytes in base64`);
  }
  const segment = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: id })).toString('base64url');
  const derive = (purpose: SealPurpose): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', `tollgate/${purpose}/1`, SECRET_BYTES)));
  return {
    prefix: `${segment}..`,
    header: Buffer.from(segment),
    openOnly,
    purposes: new Map(PURPOSES.map((purpose) => [purpose, derive(purpose)])),
  };
}

/** A key for one process that has none configured; what it seals is lost with it. */
export function makeEphemeralKey(randomBytes: (size: number) => Buffer): SealingKey {
  return { id: 'ephemeral', secret: makeSecret(randomBytes), openOnly: false };
}

/** @returns base64 of 32 random bytes */
export function makeSecret(randomBytes: (size: number) => Buffer): string {
  return randomBytes(SECRET_BYTES).toString('base64');
}
