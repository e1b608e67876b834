// Decodes the value of a mirrored header: plain visible ASCII, or Base64 of UTF-8 between markers (SEP-2243).
import { isUtf8 } from 'node:buffer';

const PREFIX = '=?base64?';
const SUFFIX = '?=';

/** Past this a single mirrored header is refused as too large (431), whatever the whole block may hold. */
export const MAX_MIRRORED_BYTES = 8192;

/** Removes optional white space, which is not part of a field value (RFC 9110 section 5.5). */
export function trimField(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return start === 0 && end === value.length ? value : value.slice(start, end);
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

/**
 * What a trimmed `Mcp-Name` or `Mcp-Param-*` value stands for.
 *
 * Only canonical standard Base64 is taken: a decoder that skips foreign characters or tolerates loose padding would
 * read another name than a strict one. A value that looks only half like the marker is literal.
 *
 * @returns the decoded value, or undefined when it holds anything but visible ASCII, space and tab, or bad Base64 or UTF-8
 */
export function decodeFieldValue(value: string): string | undefined {
  if (!isPlainField(value)) return undefined;
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX) || value.length < PREFIX.length + SUFFIX.length)
    return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded || !isUtf8(bytes)) return undefined;
  return bytes.toString('utf8');
}

/** Encodes a value the way a client must: plain where that is safe, else between the Base64 markers. */
export function encodeFieldValue(value: string): string {
  const looksEncoded = value.startsWith(PREFIX) && value.endsWith(SUFFIX);
  if (isPlainField(value) && !looksEncoded && trimField(value) === value) return value;
  return PREFIX + Buffer.from(value, 'utf8').toString('base64') + SUFFIX;
}

/** True when a value holds nothing but visible ASCII, space and tab (RFC 9110 section 5.5). */
export function isPlainField(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if ((c < 0x20 && c !== 0x09) || c > 0x7e) return false;
  }
  return true;
}
