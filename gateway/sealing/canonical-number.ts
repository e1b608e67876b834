// Writes a JSON number as ECMAScript would (RFC 8785, section 3.2.2.3), but from its own digits, so that none is lost.
import type { CanonicalSink } from './canonical-sink.ts';
import { skipDigits } from './json-tokens.ts';

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const LETTER_E = 0x65;
/** An exponent of more digits than this is no number anybody computes with; such a literal is kept as it is. */
const MAX_EXPONENT_DIGITS = 15;

/** Longer whole numbers are written with an exponent, and fractions with more zeros behind the point. */
const MAX_PLAIN_DIGITS = 21;
const MAX_LEADING_ZEROS = 5;
/** Sign, point, zeros and exponent are never longer. */
const MAX_AROUND = 40;

/**
 * @param start of a number that `scanJson` accepted
 * @returns behind it when it stands in its canonical form; -1 when it may not
 */
export function skipCanonicalNumber(text: Buffer, start: number): number {
  const isNegative = text[start] === MINUS;
  const whole = isNegative ? start + 1 : start;
  const point = skipDigits(text, whole);
  if (point - whole > MAX_PLAIN_DIGITS) return -1;
  const isZero = text[whole] === ZERO;
  const c = text[point] as number;
  if ((c | 0x20) === LETTER_E) return -1;
  if (c !== POINT) return isZero && isNegative ? -1 : point;
  const end = skipDigits(text, point + 1);
  if (text[end - 1] === ZERO || ((text[end] as number) | 0x20) === LETTER_E) return -1;
  return isZero && startsWithZeros(text, point + 1) ? -1 : end;
}

function startsWithZeros(text: Buffer, from: number): boolean {
  let at = from;
  while (text[at] === ZERO && at - from <= MAX_LEADING_ZEROS) at++;
  return at - from > MAX_LEADING_ZEROS;
}

/** Where the significant digits of a number stand; its value is 0.d₁d₂…dₖ × 10ⁿ. */
interface Digits {
  readonly isNegative: boolean;
  readonly n: number;
  readonly text: Buffer;
  /** The first digit that is not zero, and the last one. A point may stand between them. */
  readonly first: number;
  readonly last: number;
}

/**
 * @param start of a number that `scanJson` accepted
 * @returns behind it
 */
export function writeNumber(text: Buffer, start: number, sink: CanonicalSink): number {
  const isNegative = text[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  let point = -1;
  let first = -1;
  let last = -1;
  for (; ; at++) {
    const c = text[at] as number;
    if (c === POINT) point = at;
    // Behind the end of a text there is nothing to compare with.
    else if (!(c >= ZERO && c <= NINE)) break;
    else if (c !== ZERO) {
      if (first < 0) first = at;
      last = at;
    }
  }
  const mantissaEnd = at;
  const hasExponent = ((text[at] as number) | 0x20) === LETTER_E;
  const end = hasExponent ? skipExponent(text, at + 1) : at;
  // Minus zero is zero.
  if (first < 0) {
    sink.put(ZERO);
    return end;
  }
  const exponent = hasExponent ? readExponent(text, at + 1, end) : 0;
  if (exponent === undefined) {
    sink.copy(text, start, end);
    return end;
  }
  // Places from the first digit to the point, or back to it.
  const whole = point < 0 ? mantissaEnd - first : point > first ? point - first : point - first + 1;
  sink.fill(last - first + MAX_AROUND, { isNegative, n: whole + exponent, text, first, last }, writeDigits);
  return end;
}

/** Number::toString of ECMAScript, with these digits for those of the nearest double. */
function writeDigits({ isNegative, n, text, first, last }: Digits, bytes: Buffer, from: number): number {
  const isPlain = n > 0 && n <= MAX_PLAIN_DIGITS;
  const isSmall = n >= -MAX_LEADING_ZEROS && n <= 0;
  let to = from;
  if (isNegative) bytes[to++] = MINUS;
  if (isSmall) {
    bytes[to++] = ZERO;
    bytes[to++] = POINT;
    for (let i = n; i < 0; i++) bytes[to++] = ZERO;
  }
  // Digits until the point; with none of them left there is no point any more, or there was one.
  let left = isPlain ? n : isSmall ? -1 : 1;
  for (let at = first; at <= last; at++) {
    const c = text[at] as number;
    if (c === POINT) continue;
    if (left-- === 0) bytes[to++] = POINT;
    bytes[to++] = c;
  }
  if (!isPlain && !isSmall) return writeExponent(n - 1, bytes, to);
  for (; left > 0; left--) bytes[to++] = ZERO;
  return to;
}

function writeExponent(exponent: number, bytes: Buffer, from: number): number {
  let to = from;
  bytes[to++] = LETTER_E;
  bytes[to++] = exponent < 0 ? MINUS : PLUS;
  const size = Math.abs(exponent);
  if (size >= 100) return to + bytes.write(String(size), to, 'latin1');
  if (size >= 10) bytes[to++] = ZERO + Math.trunc(size / 10);
  bytes[to++] = ZERO + (size % 10);
  return to;
}

function skipExponent(text: Buffer, from: number): number {
  const sign = text[from];
  return skipDigits(text, sign === MINUS || sign === PLUS ? from + 1 : from);
}

/** @returns undefined for an exponent that is absurd */
function readExponent(text: Buffer, from: number, end: number): number | undefined {
  const isNegative = text[from] === MINUS;
  let at = isNegative || text[from] === PLUS ? from + 1 : from;
  while (at < end && text[at] === ZERO) at++;
  if (end - at > MAX_EXPONENT_DIGITS) return undefined;
  let value = 0;
  for (; at < end; at++) value = value * 10 + (text[at] as number) - ZERO;
  return isNegative ? -value : value;
}
