// The `typ` of a token as a media type that can be compared.

/**
 * Lower case, without the `application/` that RFC 7515 section 4.1.9 lets a sender leave out.
 */
export function toTokenType(typ: string): string {
  const type = typ.toLowerCase();
  const prefix = 'application/';
  return type.startsWith(prefix) && !type.includes('/', prefix.length) ? type.slice(prefix.length) : type;
}
