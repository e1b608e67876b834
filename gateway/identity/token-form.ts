// Takes a compact JWS apart, strictly: what passes here has exactly one spelling.
import { parseStrictObject, type StrictObject } from './strict-object.ts';

export interface TokenParts {
  readonly header: StrictObject;
  readonly payload: StrictObject;
}

const LIMITS = { maxDepth: 16, maxMembers: 1_000, notedDepth: 3 };

/** Three segments, none empty; a JWE has five, an unsigned token an empty third. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Reads header and payload of a token (RFC 7515 section 7.1). jose takes padding, white space and stray bits in
 * base64url, so one token would have many spellings; here it has one.
 */
export function readTokenForm(token: string): TokenParts | 'form' | 'json' {
  if (!COMPACT.test(token)) return 'form';
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (!isCanonical(token, 0, first) || !isCanonical(token, first + 1, second)) return 'form';
  if (!isCanonical(token, second + 1, token.length)) return 'form';
  const header = parseStrictObject(Buffer.from(token.slice(0, first), 'base64url'), LIMITS);
  if (header === undefined) return 'json';
  const payload = parseStrictObject(Buffer.from(token.slice(first + 1, second), 'base64url'), LIMITS);
  return payload === undefined ? 'json' : { header, payload };
}

/** No length that encodes nothing, and no bits behind the last byte (RFC 4648 section 3.5). */
function isCanonical(token: string, start: number, end: number): boolean {
  const rest = (end - start) % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const stray = rest === 2 ? 0b1111 : 0b11;
  return (toSextet(token.charCodeAt(end - 1)) & stray) === 0;
}

/** The value of one base64url character; the alphabet has been checked. */
function toSextet(code: number): number {
  if (code >= 0x61) return code - 0x61 + 26;
  if (code === 0x5f) return 63;
  if (code >= 0x41) return code - 0x41;
  return code === 0x2d ? 62 : code - 0x30 + 52;
}
