// Changes to checked JSON bytes at known places, so that every other byte stays as it came.

/** One place that must change, between two tokens. Edits of one text may come in any order and from several stages. */
export interface Edit {
  /** First byte; for a dropped member the opening quote of its name. */
  readonly start: number;
  /** Behind the last byte; the same as `start` where something is put in. */
  readonly end: number;
  /** What stands there instead; undefined drops a member of an object or an item of an array, with its comma. */
  readonly text: string | undefined;
}

export const NO_EDITS: readonly Edit[] = [];

/**
 * Puts a member in front of all others of an object, so that it stays right whatever is dropped behind it.
 *
 * @param open the object's brace
 * @param member name and value, as JSON
 */
export function toInsertion(open: number, member: string): Edit {
  return { start: open + 1, end: open + 1, text: `${member},` };
}

/**
 * Applies edits to a text that `scanJson` accepted; what comes out is as well-formed as what went in. An edit inside
 * another one is lost with it, and the same place is changed once; several things may be put in at one place.
 */
export function applyEdits(text: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return text;
  const ordered = edits.length === 1 ? edits : edits.toSorted(compareEdits);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, text: instead } of ordered) {
    if (start < at) continue;
    passOn(text, at, start, pieces);
    at = end;
    if (instead !== undefined) {
      pieces.push(Buffer.from(instead));
    } else {
      const comma = skipBlanks(text, at);
      if (text[comma] === 0x2c) at = skipBlanks(text, comma + 1);
    }
  }
  passOn(text, at, text.length, pieces);
  return Buffer.concat(pieces);
}

/** What is put in comes before what is changed at the same place, and a larger place before one inside it. */
function compareEdits(a: Edit, b: Edit): number {
  if (a.start !== b.start) return a.start - b.start;
  if (a.start === a.end || b.start === b.end) return a.end - b.end;
  return b.end - a.end;
}

/** What was edited may have left a comma in front of a closing bracket. */
function passOn(text: Buffer, start: number, end: number, pieces: Buffer[]): void {
  if (start === end) return;
  const first = skipBlanks(text, start);
  if (pieces.length > 0 && first < end && (text[first] === 0x7d || text[first] === 0x5d)) trimComma(pieces);
  pieces.push(text.subarray(start, end));
}

/** Takes away the last comma when nothing but blanks stands behind it. */
function trimComma(pieces: Buffer[]): void {
  for (let last = pieces.length - 1; last >= 0; last--) {
    const piece = pieces[last] as Buffer;
    let end = piece.length;
    while (end > 0 && isBlank(piece[end - 1] as number)) end--;
    if (end === 0) continue;
    if (piece[end - 1] !== 0x2c) return;
    pieces.length = last;
    pieces.push(piece.subarray(0, end - 1));
    return;
  }
}

function skipBlanks(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at] as number)) at++;
  return at;
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d;
}
