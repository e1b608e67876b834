// Walks JSON that `scanJson` has accepted: members, items and texts at known places, without making values of them.

/** Where a value stands, in bytes. */
export interface Span {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** A member of an object: where its value stands, and the opening quote of its name. */
export interface Member extends Span {
  readonly name: string;
  readonly nameStart: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;
/** Strings up to this length are looked through here; a search outside of JavaScript costs as much as that to begin. */
const SHORT_STRING = 32;

/** Where the text's one value begins. */
export function findRoot(text: Buffer): number {
  return skipBlanks(text, 0);
}

/**
 * Visits the members of the object that opens at `open`, in order, until a visit returns false.
 *
 * @returns behind the closing brace, or where it stopped
 */
export function eachMember(text: Buffer, open: number, visit: (member: Member) => boolean | undefined): number {
  let stopped = -1;
  const behind = walkMembers(text, open, (nameStart, nameEnd, start) => {
    const end = skipValue(text, start);
    if (visit({ name: readString(text, nameStart, nameEnd), nameStart, start, end }) !== false) return end;
    stopped = end;
    return -1;
  });
  return stopped < 0 ? behind : stopped;
}

/** The member of this name of the object that opens at `open`; undefined too when no object does. */
export function findMember(text: Buffer, open: number, name: string): Member | undefined {
  if (text[open] !== 0x7b) return undefined;
  let found: Member | undefined;
  walkMembers(text, open, (nameStart, nameEnd, start) => {
    const end = skipValue(text, start);
    if (readString(text, nameStart, nameEnd) !== name) return end;
    found = { name, nameStart, start, end };
    return -1;
  });
  return found;
}

/**
 * Visits the members of the object that opens at `open`; each visit walks the value itself, so that nothing is walked twice.
 * Names are given with their quotes.
 *
 * @param visit returns where the value ends, or -1 to stop
 * @returns behind the closing brace, or -1
 */
export function walkMembers(
  text: Buffer,
  open: number,
  visit: (nameStart: number, nameEnd: number, start: number) => number,
): number {
  let at = skipBlanks(text, open + 1);
  while (text[at] === QUOTE) {
    const nameEnd = skipString(text, at);
    const end = visit(at, nameEnd, skipBlanks(text, skipBlanks(text, nameEnd) + 1));
    if (end < 0) return -1;
    at = skipBlanks(text, end);
    if (text[at] === COMMA) at = skipBlanks(text, at + 1);
  }
  return at + 1;
}

/** Visits the items of the array that opens at `open`, in order. */
export function eachItem(text: Buffer, open: number, visit: (start: number, end: number) => void): void {
  walkItems(text, open, (start) => {
    const end = skipValue(text, start);
    visit(start, end);
    return end;
  });
}

/**
 * Visits the items of the array that opens at `open`; each visit walks the item itself.
 *
 * @param visit returns where the item ends, or -1 to stop
 * @returns behind the closing bracket, or -1 when a visit stopped
 */
export function walkItems(text: Buffer, open: number, visit: (start: number) => number): number {
  let at = skipBlanks(text, open + 1);
  while (at < text.length && text[at] !== CLOSE_ARRAY) {
    const end = visit(at);
    if (end < 0) return -1;
    at = skipBlanks(text, end);
    if (text[at] === COMMA) at = skipBlanks(text, at + 1);
  }
  return at + 1;
}

/** The string whose literal, quotes included, stands there. */
export function readString(text: Buffer, start: number, end: number): string {
  const literal = text.toString('utf8', start + 1, end - 1);
  return literal.includes('\\') ? (JSON.parse(`"${literal}"`) as string) : literal;
}

/** Behind the value that begins at `start`. */
export function skipValue(text: Buffer, start: number): number {
  const first = text[start];
  if (first === QUOTE) return skipString(text, start);
  let at = start;
  if (first !== 0x7b && first !== 0x5b) {
    while (at < text.length && !isDelimiter(text[at] as number)) at++;
    return at;
  }
  let depth = 0;
  while (at < text.length) {
    const c = text[at] as number;
    if (c === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (c === 0x7b || c === 0x5b) depth++;
    else if ((c === 0x7d || c === 0x5d) && --depth === 0) return at;
  }
  return at;
}

/** Behind the closing quote. */
function skipString(text: Buffer, start: number): number {
  let at = start + 1;
  const near = Math.min(at + SHORT_STRING, text.length);
  for (; at < near; at++) {
    const c = text[at] as number;
    if (c === QUOTE) return at + 1;
    if (c === BACKSLASH) at++;
  }
  return skipLongString(text, at);
}

function skipLongString(text: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const quote = text.indexOf(QUOTE, at);
    if (quote < 0) return text.length;
    // `at` is never in the middle of an escape, so a backslash before it is over.
    let slashes = 0;
    while (quote - 1 - slashes >= at && text[quote - 1 - slashes] === BACKSLASH) slashes++;
    at = quote + 1;
    if (slashes % 2 === 0) return at;
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

function isDelimiter(c: number): boolean {
  return c === COMMA || c === 0x7d || c === CLOSE_ARRAY || isBlank(c);
}
