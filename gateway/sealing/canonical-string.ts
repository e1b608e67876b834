// Writes characters of a JSON string as RFC 8785, section 3.2.2.2 spells them: escaped only where they must be, and as shortly as can be.
import type { CanonicalSink } from './canonical-sink.ts';

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const HEX = Buffer.from('0123456789abcdef');
/** Letters of the two-character escapes, by what they stand for: `\b`, `\t`, `\n`, `\f`, `\r`. */
const LETTERS = Buffer.alloc(0x20);
for (const [control, letter] of [
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
] as const) {
  LETTERS[control] = letter;
}

/** All two-character escapes but `\/` stand for what must be escaped, and are its shortest form. */
export function isCanonicalEscape(kind: number): boolean {
  return kind !== 0x75 && kind !== 0x2f;
}

/**
 * @param at the backslash of an escape that is not canonical, in a string that `scanJson` accepted
 * @returns behind what was written
 */
export function writeEscape(text: Buffer, at: number, sink: CanonicalSink): number {
  if (text[at + 1] !== 0x2f) return writeUnit(text, at, sink);
  sink.put(0x2f);
  return at + 2;
}

/** Writes the character of the escape `\uXXXX` at `at`, or of the two that make a pair. @returns behind it */
function writeUnit(text: Buffer, at: number, sink: CanonicalSink): number {
  const unit = readHex(text, at + 2);
  if (unit >= 0xd800 && unit < 0xdc00) {
    const low = readHex(text, at + 8);
    writeUtf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), sink);
    return at + 12;
  }
  if (unit < 0x20) writeControl(unit, sink);
  else {
    if (unit === QUOTE || unit === BACKSLASH) sink.put(BACKSLASH);
    writeUtf8(unit, sink);
  }
  return at + 6;
}

function writeControl(unit: number, sink: CanonicalSink): void {
  sink.put(BACKSLASH);
  const letter = LETTERS[unit] as number;
  if (letter !== 0) {
    sink.put(letter);
    return;
  }
  sink.put(0x75);
  sink.put(0x30);
  sink.put(0x30);
  sink.put(HEX[unit >> 4] as number);
  sink.put(HEX[unit & 15] as number);
}

function writeUtf8(point: number, sink: CanonicalSink): void {
  if (point < 0x80) {
    sink.put(point);
    return;
  }
  if (point < 0x800) {
    sink.put(0xc0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      sink.put(0xe0 | (point >> 12));
    } else {
      sink.put(0xf0 | (point >> 18));
      sink.put(0x80 | ((point >> 12) & 0x3f));
    }
    sink.put(0x80 | ((point >> 6) & 0x3f));
  }
  sink.put(0x80 | (point & 0x3f));
}

function readHex(text: Buffer, from: number): number {
  let value = 0;
  for (let i = from; i < from + 4; i++) {
    const c = text[i] as number;
    value = value * 16 + (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return value;
}
