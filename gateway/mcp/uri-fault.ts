// Finds what makes a resource URI ambiguous: whatever two readers could resolve to two different things.

export type UriFault =
  | 'uri_length'
  | 'uri_scheme' // none, or not in lower case (RFC 3986 section 6.2.2.1)
  | 'uri_character' // not a character of a URI (RFC 3986 section 2), such as a space, a letter beyond ASCII, a bracket
  | 'uri_control'
  | 'uri_backslash'
  | 'uri_fragment' // separated before a resource is asked for (RFC 3986 section 3.5)
  | 'uri_percent' // not an octet, or not the canonical form: lower-case hex, or a character that needs no escape
  | 'uri_encoded_separator' // %2F, %5C
  | 'uri_encoded_control' // %00 to %1F, %7F
  | 'uri_double_encoding' // %252E
  | 'uri_utf8' // octets that are not UTF-8, such as an overlong form of a slash
  | 'uri_unicode' // invisible, not in form C, or the look of a separator (U+FF0F)
  | 'uri_user_info'
  | 'uri_authority'
  | 'uri_dot_segment'
  | 'uri_empty_segment'
  | 'uri_empty_query';

const MAX_LENGTH = 4096;

const SCHEME = /^[a-z][a-z0-9+.-]*:/;
/** Host, or an address in brackets, and a port. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[^[\]:]*)(?::[0-9]+)?$/;
/** Up to the parameters that some servers cut off before they resolve dots. */
const DOT_SEGMENT = /^\.\.?(?:;|$)/;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const SEPARATOR = /[/\\%]/g;
/** RFC 6570 section 2.2: one operator at most, then variables with their modifiers. */
const EXPRESSION = /\{[+#./;?&]?[A-Za-z0-9_.,:*%]+\}/g;

/** By code unit: 2 may not be escaped, 1 may stand as it is, 0 may not. */
const CLASSES = makeClasses();

function makeClasses(): Uint8Array {
  const classes = new Uint8Array(0x10000);
  for (const unit of Buffer.from(":/?@!$&'()*+,;=[]")) classes[unit] = 1;
  for (const unit of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'))
    classes[unit] = 2;
  return classes;
}

/**
 * Checks a URI before it is compared with any rule, in linear time. Scheme names must be in lower case; the case of a host is
 * kept, because only some schemes fold it, so a rule that allows compares it exactly. Opaque URIs such as `urn:x:y` are as
 * good as `weather://now`.
 *
 * @returns undefined when there is one way to read it
 */
export function findUriFault(uri: string): UriFault | undefined {
  if (uri.length > MAX_LENGTH) return 'uri_length';
  const high = findCharacterFault(uri);
  if (typeof high === 'string') return high;
  if (high) {
    const fault = findUnicodeFault(uri);
    if (fault !== undefined) return fault;
  }
  const scheme = SCHEME.exec(uri);
  if (scheme === null || scheme[0].length === uri.length) return 'uri_scheme';
  return findPartFault(uri.slice(scheme[0].length));
}

/** The same for a URI template (RFC 6570), or a URI: what stands outside its expressions must be beyond doubt. */
export function findTemplateFault(template: string): UriFault | undefined {
  if (template.length > MAX_LENGTH) return 'uri_length';
  return findUriFault(template.includes('{') ? template.replace(EXPRESSION, 'x') : template);
}

/** @returns a fault, or whether octets beyond ASCII are encoded */
function findCharacterFault(uri: string): UriFault | boolean {
  let high = false;
  for (let at = 0; at < uri.length; at++) {
    const unit = uri.charCodeAt(at);
    if (unit === 0x25) {
      const octet = toOctet(uri, at + 1);
      const fault = findOctetFault(octet, uri, at);
      if (fault !== undefined) return fault;
      high ||= octet >= 0x80;
      at += 2;
    } else if (CLASSES[unit] === 0) {
      if (unit < 0x20 || unit === 0x7f) return 'uri_control';
      return unit === 0x5c ? 'uri_backslash' : unit === 0x23 ? 'uri_fragment' : 'uri_character';
    }
  }
  return high;
}

function findOctetFault(octet: number, uri: string, at: number): UriFault | undefined {
  if (octet < 0) return 'uri_percent';
  if (octet === 0x2f || octet === 0x5c) return 'uri_encoded_separator';
  if (octet < 0x20 || octet === 0x7f) return 'uri_encoded_control';
  if (octet === 0x25 && toOctet(uri, at + 3) >= 0) return 'uri_double_encoding';
  return CLASSES[octet] === 2 || isLowerHex(uri, at + 1) || isLowerHex(uri, at + 2) ? 'uri_percent' : undefined;
}

function toOctet(uri: string, at: number): number {
  const high = toDigit(uri.charCodeAt(at));
  const low = toDigit(uri.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function toDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const upper = unit & ~0x20;
  return upper >= 0x41 && upper <= 0x46 && unit < 0x80 ? upper - 0x37 : -1;
}

function isLowerHex(uri: string, at: number): boolean {
  return uri.charCodeAt(at) >= 0x61;
}

function findUnicodeFault(uri: string): UriFault | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(uri);
  } catch {
    return 'uri_utf8';
  }
  if (INVISIBLE.test(decoded) || decoded.normalize('NFC') !== decoded) return 'uri_unicode';
  const folded = decoded.normalize('NFKC');
  if (folded === decoded) return undefined;
  const looksParted = count(folded, SEPARATOR) > count(decoded, SEPARATOR);
  return looksParted || folded.split('/').some((segment) => DOT_SEGMENT.test(segment)) ? 'uri_unicode' : undefined;
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** @param rest what stands behind the scheme */
function findPartFault(rest: string): UriFault | undefined {
  const mark = rest.indexOf('?');
  if (mark === rest.length - 1) return 'uri_empty_query';
  const hier = mark < 0 ? rest : rest.slice(0, mark);
  let path = hier;
  if (hier.startsWith('//')) {
    const end = hier.indexOf('/', 2);
    const authority = hier.slice(2, end < 0 ? undefined : end);
    if (authority.includes('@')) return 'uri_user_info';
    if (!AUTHORITY.test(authority)) return 'uri_authority';
    if (DOT_SEGMENT.test(authority)) return 'uri_dot_segment';
    path = end < 0 ? '' : hier.slice(end);
  }
  if (path.includes('[') || path.includes(']') || (mark >= 0 && /[[\]]/.test(rest.slice(mark)))) return 'uri_character';
  if (path.includes('//')) return 'uri_empty_segment';
  // Most paths hold no segment that begins with a dot.
  if (!path.startsWith('.') && !path.includes('/.')) return undefined;
  return path.split('/').some((segment) => DOT_SEGMENT.test(segment)) ? 'uri_dot_segment' : undefined;
}
