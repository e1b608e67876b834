// Writes a text as a JSON string of visible ASCII alone: no control character, no sign that turns a line around, one byte each.

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Unpaired surrogates stay what they are, as escapes. */
export function toAsciiJson(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
