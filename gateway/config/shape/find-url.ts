// Reads the kinds of URL a configuration holds, stricter than `URL` alone, which repairs what it can.
import { isLoopback } from '../host-kind.ts';

const HTTP_URL = /^https?:\/\/[^\s/\\?#@]+(?:\/[^\s\\?#]*)?$/i;
const WEB_URL = /^https?:\/\/[^\s/\\?#@]+(?:\/[^\s\\?#]*)?(?:\?[^\s\\#]*)?$/i;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/\\?#@]+$/i;
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[^\s\\#"<>^`{|}]+$/i;

/** An http or https URL without user name, query and fragment, normalised; undefined for anything else. */
export function findHttpUrl(text: string): string | undefined {
  return HTTP_URL.test(text) ? URL.parse(text)?.href : undefined;
}

/** An issuer identifier (RFC 8414 section 2), exactly as it was written; plain http on loopback hosts alone. */
export function findIssuer(text: string): string | undefined {
  return HTTP_URL.test(text) && isPrintableAscii(text) && isSafe(text) ? text : undefined;
}

/** A URL that tokens or keys travel to or from, with a query perhaps; plain http on loopback hosts alone. */
export function findSafeUrl(text: string): string | undefined {
  return WEB_URL.test(text) && isSafe(text) ? new URL(text).href : undefined;
}

/** An origin as browsers write it: lower case, without a default port. Undefined when there is a path or anything more. */
export function findOrigin(text: string): string | undefined {
  const url = ORIGIN.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  // `URL.origin` is the word "null" for schemes of extensions and applications.
  return url.origin === 'null' ? text.toLowerCase() : url.origin;
}

/** Like `findOrigin`, for http and https alone. */
export function findHttpOrigin(text: string): string | undefined {
  const origin = findOrigin(text);
  return origin !== undefined && /^https?:/.test(origin) ? origin : undefined;
}

/** An absolute URI without fragment (RFC 8707 section 2), as it was written; undefined for anything else. */
export function findAbsoluteUri(text: string): string | undefined {
  return ABSOLUTE_URI.test(text) && isPrintableAscii(text) && URL.canParse(text) ? text : undefined;
}

function isSafe(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || isLoopback(url.hostname));
}

const isPrintableAscii = (text: string): boolean => /^[\x21-\x7E]*$/.test(text);
