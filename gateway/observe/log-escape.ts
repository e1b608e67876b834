// Keeps what clients sent from steering the terminal or viewer that a log is read with.

/** What JSON leaves as it is, and terminals or viewers act on: DEL and C1 controls, separators, marks of direction. */
const ACTIVE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** An escape of JSON: a control character, or another one, so that a backslash before `u001b` is told apart. */
const ESCAPE = /\\(?:(u00[01][0-9a-f]|[bfr])|[^])/g;

/** @param line JSON. @returns JSON of the same value */
export function escapeActive(line: string): string {
  // Nearly every line is plain; a search is cheaper than a replacement that finds nothing.
  return line.search(ACTIVE) < 0 ? line : line.replace(ACTIVE, toEscape);
}

/** @param line JSON that will be decoded and shown as it is. @returns JSON of values whose active characters are escapes in words */
export function escapeForTerminal(line: string): string {
  return line
    .replace(ESCAPE, (escape, control?: string) => (control === undefined ? escape : `\\${escape}`))
    .replace(ACTIVE, (unit) => `\\${toEscape(unit)}`);
}

function toEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
