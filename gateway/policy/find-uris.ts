// Finds what looks like a URI in a text for people, in linear time.

/** No scheme in use is longer. */
const MAX_SCHEME = 32;
const SCHEME_LETTER = /[A-Za-z0-9+.-]/;
/** What ends a URI in a sentence. */
const END = /[\s"'<>`)\]}]/;

/** @returns every `scheme://…`, as far as it goes on without a space, a quote or a closing bracket */
export function findUris(text: string): readonly string[] {
  const uris: string[] = [];
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 1)) {
    let start = at;
    while (start > 0 && at - start < MAX_SCHEME && SCHEME_LETTER.test(text.charAt(start - 1))) start--;
    if (start === at) continue;
    let end = at + 3;
    while (end < text.length && !END.test(text.charAt(end))) end++;
    uris.push(text.slice(start, end));
    at = end;
  }
  return uris;
}
