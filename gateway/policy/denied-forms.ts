// Other spellings that a lenient server could take for the same thing; a rule that denies a thing denies these too.
import type { NamedKind } from '../mcp/read-target.ts';

const NONE: readonly string[] = [];
const PLAIN = /^[\x21-\x7e]*$/;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** Octets of a percent-encoded URI that are not ASCII. */
const HIGH_OCTETS = /(?:%[89A-F][0-9A-F])+/g;
const AUTHORITY = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/;
/** Schemes whose URLs every parser of the WHATWG kind rewrites: host, default port, `file://localhost`. */
const REWRITTEN = /^(?:https?|wss?|ftp|file):/;
/** `example.com.` is `example.com` as DNS writes it. */
const ROOTED_HOST = /^([a-z]+:\/\/[^/?#:]*)\.((?::[0-9]+)?(?:[/?#]|$))/;
/** Where the query begins, also that of a URI template (RFC 6570). */
const QUERY = /\{?\?|\{[&#]/;

/**
 * The forms besides the name itself in which denials look for it. An allow never looks at them, so a spelling can lose a
 * right by this but not gain one.
 */
export function toDeniedForms(kind: NamedKind, name: string): readonly string[] {
  if (kind !== 'resource') {
    if (PLAIN.test(name)) return NONE;
    const plain = toPlainName(name);
    return plain === name ? NONE : [plain];
  }
  const query = name.search(QUERY);
  if (query < 0) {
    const plain = toPlainUri(name);
    return plain === name ? NONE : [plain];
  }
  const path = name.slice(0, query);
  return [toPlainUri(name), path, toPlainUri(path)];
}

/** Full-width and other compatibility letters become plain ones, combined letters one, and what cannot be seen goes. */
export function toPlainName(name: string): string {
  return PLAIN.test(name) ? name : name.normalize('NFKC').replace(INVISIBLE, '').trim();
}

/** Scheme and host lose their case, compatibility letters become plain, and web addresses are written as browsers do. */
export function toPlainUri(uri: string): string {
  const folded = uri.includes('%') ? uri.replace(HIGH_OCTETS, foldOctets) : uri;
  if (REWRITTEN.test(folded)) return (URL.parse(folded)?.href ?? folded).replace(ROOTED_HOST, '$1$2');
  return folded.replace(AUTHORITY, (authority) => authority.toLowerCase());
}

function foldOctets(octets: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(octets).normalize('NFKC'));
  } catch {
    // A pattern may cut a letter in two; a URI that does was refused before.
    return octets;
  }
}
