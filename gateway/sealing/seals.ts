// Seals and opens: encrypted, authenticated wrappers around what travels through clients (JWE, RFC 7516, `dir` with `A256GCM`).
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { type JweParts, measureParts, readParts, writeParts } from './compact-jwe.ts';
import { type DerivedKey, deriveKey, type SealingKey, type SealPurpose } from './sealing-key.ts';

export interface SealsEnv {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Buffer;
}

/** For whom and for what a seal is good; it opens with the very same scope alone. */
export interface SealScope {
  readonly purpose: SealPurpose;
  /** All that it is bound to, as one unambiguous text. */
  readonly binding: string;
}

/** What is brought back; its binding is only asked for when the text has the form of a seal, as it may cost a digest. */
export interface SealClaim {
  readonly purpose: SealPurpose;
  readonly binding: string | (() => string);
}

export interface Unsealed {
  readonly payload: Buffer;
  /** How long it would still open; above zero. */
  readonly leftMs: number;
}

export interface Seals {
  readonly nowMs: () => number;
  /** @returns undefined when the seal would be too long to come back */
  seal(payload: Buffer, scope: SealScope & { readonly lifeMs: number }): string | undefined;
  /** @returns one undefined for all that is wrong: malformed, forged, foreign, expired, of an unknown key */
  open(sealed: string, claim: SealClaim): Unsealed | undefined;
}

/** Longest seals. The id of a task also travels in `Mcp-Name`, and a mirrored header has at most 8 KiB. */
const MAX_SEALED_CHARS: Readonly<Record<SealPurpose, number>> = { state: 65_536, handle: 65_536, task: 8192 };

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
/** Random numbers for this many seals are asked for at once: one request costs nearly as much as all of them. */
const IVS_AT_ONCE = 64;
const TAG_LENGTH = { authTagLength: 16 } as const;
/** The time of expiry stands in front of every payload, in milliseconds since 1970. */
const EXPIRY_BYTES = 6;
const LAST_MS = 2 ** 48 - 1;

/**
 * @param keys the first that is not `openOnly` seals, all of them open
 * @throws TypeError when no key may seal, an id stands twice, or a secret is malformed
 */
export function makeSeals(keys: readonly SealingKey[], { nowMs, randomBytes }: SealsEnv): Seals {
  const derived = keys.map(deriveKey);
  const sealing = derived.find(({ openOnly }) => !openOnly);
  if (sealing === undefined) throw new TypeError('no sealing key may seal');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new TypeError('two sealing keys share an id');

  const nextIv = makeIvs(randomBytes);

  return {
    nowMs,
    seal(payload, { purpose, binding, lifeMs }) {
      const plain = Buffer.allocUnsafe(EXPIRY_BYTES + payload.length);
      if (sealing.prefix.length + measureParts(plain.length) > MAX_SEALED_CHARS[purpose]) return undefined;
      plain.writeUIntBE(Math.min(Math.floor(nowMs() + lifeMs), LAST_MS), 0, EXPIRY_BYTES);
      payload.copy(plain, EXPIRY_BYTES);
      const key = toContentKey(sealing, purpose, binding);
      return sealing.prefix + writeParts(encrypt(plain, key, nextIv(), sealing.header));
    },
    open(sealed, { purpose, binding }) {
      if (sealed.length > MAX_SEALED_CHARS[purpose]) return undefined;
      const known = derived.find(({ prefix }) => sealed.startsWith(prefix));
      const parts = known && readParts(sealed, known.prefix.length);
      if (known === undefined || parts === undefined) return undefined;
      const key = toContentKey(known, purpose, typeof binding === 'string' ? binding : binding());
      const plain = decrypt(parts, key, known.header);
      if (plain === undefined || plain.length < EXPIRY_BYTES) return undefined;
      const leftMs = plain.readUIntBE(0, EXPIRY_BYTES) - nowMs();
      return leftMs > 0 ? { payload: plain.subarray(EXPIRY_BYTES), leftMs } : undefined;
    },
  };
}

/** Each is given out once. */
function makeIvs(randomBytes: SealsEnv['randomBytes']): () => Buffer {
  let ahead: Buffer = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === ahead.length) {
      ahead = randomBytes(IV_BYTES * IVS_AT_ONCE);
      at = 0;
    }
    at += IV_BYTES;
    return ahead.subarray(at - IV_BYTES, at);
  };
}

/**
 * The key of one binding: HKDF-Expand for 32 bytes (RFC 5869, section 2.3). A seal of somebody else is not recognised and
 * turned down, it fails like noise; and no key makes many seals.
 */
function toContentKey({ purposes }: DerivedKey, purpose: SealPurpose, binding: string): KeyObject {
  const hmac = createHmac('sha256', purposes.get(purpose) as KeyObject);
  return createSecretKey(hmac.update(`${binding}\u0001`).digest());
}

function encrypt(plain: Buffer, key: KeyObject, iv: Buffer, header: Buffer): JweParts {
  const cipher = createCipheriv(ALGORITHM, key, iv, TAG_LENGTH);
  cipher.setAAD(header);
  const ciphertext = cipher.update(plain);
  cipher.final();
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

function decrypt({ iv, ciphertext, tag }: JweParts, key: KeyObject, header: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, iv, TAG_LENGTH);
  decipher.setAAD(header);
  decipher.setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  const limit = Error.stackTraceLimit;
  // A flood of forged seals must not cost a stack each.
  Error.stackTraceLimit = 0;
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
