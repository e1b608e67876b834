// The last three parts of a JWE in compact serialization (RFC 7516, section 7.1), read so that one seal has one spelling.

const IV_BYTES = 12;
const TAG_BYTES = 16;
const IV_CHARS = 16;
const TAG_CHARS = 22;

/** Initialization vector, ciphertext and authentication tag. */
export interface JweParts {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

export function writeParts({ iv, ciphertext, tag }: JweParts): string {
  return `${iv.toString('base64url')}.${ciphertext.toString('base64url')}.${tag.toString('base64url')}`;
}

/** The length that `writeParts` gives a ciphertext of this many bytes. */
export function measureParts(ciphertextBytes: number): number {
  return IV_CHARS + 1 + Math.ceil((ciphertextBytes * 4) / 3) + 1 + TAG_CHARS;
}

/**
 * @param from behind the second dot
 * @returns undefined unless there are three parts in canonical base64url, without padding, white space or stray bits
 */
export function readParts(sealed: string, from: number): JweParts | undefined {
  const ivEnd = from + IV_CHARS;
  const tagStart = sealed.length - TAG_CHARS;
  if (tagStart < ivEnd + 2 || sealed[ivEnd] !== '.' || sealed[tagStart - 1] !== '.') return undefined;
  const iv = decode(sealed.slice(from, ivEnd));
  const ciphertext = decode(sealed.slice(ivEnd + 1, tagStart - 1));
  const tag = decode(sealed.slice(tagStart));
  if (iv?.length !== IV_BYTES || ciphertext === undefined || tag?.length !== TAG_BYTES) return undefined;
  return { iv, ciphertext, tag };
}

/** Node decodes anything; only what it would write itself counts. */
function decode(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}
