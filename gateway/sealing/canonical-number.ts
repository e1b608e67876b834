// Writes a JSON number as ECMAScript would (RFC 8785, section 3.2.2.3), but from its own digits, so that none is lost.
import type { CanonicalSink } from './canonical-sink.ts';

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
/** An exponent of more digits than this is no number anybody computes with; such a literal is kept as it is. */
const MAX_EXPONENT_DIGITS = 15;

/** The significant digits of a number: its value is 0.d₁d₂…dₖ × 10ⁿ. */
interface Digits {
  readonly text: Buffer;
  /** Where the digit before the point begins. */
  readonly mantissa: number;
  /** Digits before the point. */
  readonly whole: number;
  /** Counted without the point: the first digit that is not zero, and behind the last one. */
  readonly from: number;
  readonly to: number;
}

/** @param end behind the number that begins at `start`, which `scanJson` accepted */
export function writeNumber(text: Buffer, start: number, end: number, sink: CanonicalSink): void {
  const isNegative = text[start] === MINUS;
  const mantissa = isNegative ? start + 1 : start;
  let at = mantissa;
  let point = -1;
  let first = -1;
  let last = -1;
  for (; at < end; at++) {
    const c = text[at] as number;
    if (c === POINT) point = at;
    else if (c > 0x39) break;
    else if (c !== ZERO) {
      if (first < 0) first = at;
      last = at;
    }
  }
  // Minus zero is zero.
  if (first < 0) return sink.put(ZERO);
  const whole = (point < 0 ? at : point) - mantissa;
  const count = (place: number): number => place - mantissa - (point >= 0 && place > point ? 1 : 0);
  const exponent = at === end ? 0 : readExponent(text, at + 1, end);
  if (exponent === undefined) return sink.copy(text, start, end);
  if (isNegative) sink.put(MINUS);
  const digits = { text, mantissa, whole, from: count(first), to: count(last) + 1 };
  writeDigits(digits, whole - digits.from + exponent, sink);
}

/** Number::toString of ECMAScript, with these digits for those of the nearest double. */
function writeDigits(digits: Digits, n: number, sink: CanonicalSink): void {
  const { from, to } = digits;
  const k = to - from;
  if (k <= n && n <= 21) {
    copyDigits(digits, from, to, sink);
    putZeros(n - k, sink);
  } else if (n > 0 && n <= 21) {
    copyDigits(digits, from, from + n, sink);
    sink.put(POINT);
    copyDigits(digits, from + n, to, sink);
  } else if (n > -6 && n <= 0) {
    sink.put(ZERO);
    sink.put(POINT);
    putZeros(-n, sink);
    copyDigits(digits, from, to, sink);
  } else {
    copyDigits(digits, from, from + 1, sink);
    if (k > 1) {
      sink.put(POINT);
      copyDigits(digits, from + 1, to, sink);
    }
    const exponent = `e${n > 0 ? '+' : '-'}${Math.abs(n - 1)}`;
    for (let i = 0; i < exponent.length; i++) sink.put(exponent.charCodeAt(i));
  }
}

/** Copies digits by their count, around the point. */
function copyDigits({ text, mantissa, whole }: Digits, from: number, to: number, sink: CanonicalSink): void {
  if (from < whole) sink.copy(text, mantissa + from, mantissa + Math.min(to, whole));
  if (to > whole) sink.copy(text, mantissa + Math.max(from, whole) + 1, mantissa + to + 1);
}

function putZeros(count: number, sink: CanonicalSink): void {
  for (let i = 0; i < count; i++) sink.put(ZERO);
}

/** @returns undefined for an exponent that is absurd */
function readExponent(text: Buffer, from: number, end: number): number | undefined {
  const isNegative = text[from] === MINUS;
  let at = isNegative || text[from] === 0x2b ? from + 1 : from;
  while (at < end && text[at] === ZERO) at++;
  if (end - at > MAX_EXPONENT_DIGITS) return undefined;
  let value = 0;
  for (; at < end; at++) value = value * 10 + (text[at] as number) - ZERO;
  return isNegative ? -value : value;
}
