// The functions conditions may call. Each one takes time in proportion to its texts, and pays for it.
import { TOO_LARGE, toInt } from './arithmetic.ts';
import { isNumeric } from './compare.ts';
import type { Frame } from './frame.ts';
import { readDuration, readTimestamp } from './times.ts';
import {
  Duration,
  EXHAUSTED,
  Failure,
  Instant,
  isList,
  isMap,
  type Outcome,
  PlainList,
  TypeName,
  type Value,
  WRONG_TYPE,
} from './value.ts';

/** The arguments hold no failure; a method gets its receiver first. */
export type Operation = (frame: Frame, ...args: Value[]) => Outcome;

/** Searching for longer texts is no longer sure to be linear. */
const MAX_NEEDLE = 128;
const MAX_NUMBER = 64;

const LONG_NEEDLE = new Failure(`a text to look for is longer than ${MAX_NEEDLE} characters`);
const NO_NUMBER = new Failure('a text is not a number');
const NO_BOOLEAN = new Failure('a text is not a boolean');

const ASCII = /^[\0-\x7f]*$/;
const LARGE = /[A-Z]+/g;
const SMALL = /[a-z]+/g;
const INTEGER = /^-?[0-9]{1,19}$/;
const DECIMAL = /^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

const size: Operation = (frame, value) => {
  if (typeof value === 'string')
    return frame.spendOnText(value.length * 2) ? BigInt(countCharacters(value)) : EXHAUSTED;
  const held = isList(value) ? value.items() : isMap(value) ? value.names() : WRONG_TYPE;
  return held instanceof Failure ? held : BigInt(held.length);
};

function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** Called as `name(x)`. */
export const FUNCTIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['size', size],
  ['dyn', (_, value) => value],
  ['type', (_, value) => new TypeName(nameType(value))],
  ['int', (frame, value) => onText(frame, value, readInt, convertToInt)],
  ['double', (frame, value) => onText(frame, value, readDouble, convertToDouble)],
  [
    'bool',
    (_, value) =>
      value === 'true' ? true : value === 'false' ? false : typeof value === 'boolean' ? value : NO_BOOLEAN,
  ],
  ['string', (_, value) => (isScalar(value) ? `${value}` : WRONG_TYPE)],
  ['timestamp', (frame, value) => onText(frame, value, readTimestamp, convertToInstant)],
  [
    'duration',
    (frame, value) => onText(frame, value, readDuration, (held) => (held instanceof Duration ? held : WRONG_TYPE)),
  ],
]);

/** Called as `text.name(x)`. */
export const METHODS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['size', size],
  ['startsWith', (frame, text, part) => onTexts(frame, text, part, (a, b) => a.startsWith(b))],
  ['endsWith', (frame, text, part) => onTexts(frame, text, part, (a, b) => a.endsWith(b))],
  ['contains', contains],
  ['lowerAscii', (frame, text) => changeCase(frame, text, LARGE, (run) => run.toLowerCase())],
  ['upperAscii', (frame, text) => changeCase(frame, text, SMALL, (run) => run.toUpperCase())],
  [
    'trim',
    (frame, text) => (typeof text !== 'string' ? WRONG_TYPE : frame.spendOnText(text.length) ? text.trim() : EXHAUSTED),
  ],
  ['split', split],
]);

/** The names of types, which stand in conditions as words: `type(args.n) == int`. */
export const TYPE_NAMES: ReadonlySet<string> = new Set(['bool', 'int', 'double', 'string', 'list', 'map', 'null_type']);

function nameType(value: Value): string {
  if (value === null) return 'null_type';
  if (isList(value)) return 'list';
  if (isMap(value)) return 'map';
  if (value instanceof Instant) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeName) return 'type';
  const names = { boolean: 'bool', bigint: 'int', number: 'double', string: 'string' } as const;
  return names[typeof value as keyof typeof names];
}

/** A number counts seconds since 1970. */
function convertToInstant(value: Value): Outcome {
  if (typeof value === 'bigint') return new Instant(Number(value) * 1000);
  return value instanceof Instant ? value : WRONG_TYPE;
}

function isScalar(value: Value): value is string | boolean | bigint | number {
  return typeof value === 'string' || typeof value === 'boolean' || isNumeric(value);
}

/** Reading a text costs more than looking at it: a step for each of its characters. */
function onText(
  frame: Frame,
  value: Value,
  read: (text: string) => Outcome,
  convert: (value: Value) => Outcome,
): Outcome {
  if (typeof value !== 'string') return convert(value);
  return frame.spend(Math.min(value.length, MAX_NUMBER)) ? read(value) : EXHAUSTED;
}

function readInt(text: string): Outcome {
  return text.length <= MAX_NUMBER && INTEGER.test(text) ? toInt(BigInt(text)) : NO_NUMBER;
}

function readDouble(text: string): Outcome {
  return text.length <= MAX_NUMBER && DECIMAL.test(text) ? Number(text) : NO_NUMBER;
}

function convertToInt(value: Value): Outcome {
  if (typeof value === 'bigint') return toInt(value);
  if (typeof value === 'number') return Number.isFinite(value) ? toInt(BigInt(Math.trunc(value))) : TOO_LARGE;
  // Seconds since 1970.
  if (value instanceof Instant) return BigInt(Math.floor(value.ms / 1000));
  return WRONG_TYPE;
}

function convertToDouble(value: Value): Outcome {
  if (typeof value === 'number') return value;
  if (typeof value !== 'bigint') return WRONG_TYPE;
  return BigInt(Number(value)) === value ? Number(value) : TOO_LARGE;
}

function onTexts(frame: Frame, text: Value, part: Value, test: (text: string, part: string) => boolean): Outcome {
  if (typeof text !== 'string' || typeof part !== 'string') return WRONG_TYPE;
  return frame.spendOnText(part.length) ? test(text, part) : EXHAUSTED;
}

function contains(frame: Frame, text: Value, part: Value): Outcome {
  if (typeof text !== 'string' || typeof part !== 'string') return WRONG_TYPE;
  if (part.length > text.length) return false;
  if (part.length > MAX_NEEDLE) return LONG_NEEDLE;
  return frame.spendOnText(text.length) ? text.includes(part) : EXHAUSTED;
}

/** Only ASCII letters: the Kelvin sign is not a `k`. */
function changeCase(frame: Frame, text: Value, letters: RegExp, change: (run: string) => string): Outcome {
  if (typeof text !== 'string') return WRONG_TYPE;
  if (!frame.spendOnText(text.length * 2)) return EXHAUSTED;
  if (ASCII.test(text)) return change(text);
  return frame.spend(text.length) ? text.replace(letters, change) : EXHAUSTED;
}

function split(frame: Frame, text: Value, separator: Value): Outcome {
  if (typeof text !== 'string' || typeof separator !== 'string') return WRONG_TYPE;
  if (separator.length > MAX_NEEDLE) return LONG_NEEDLE;
  if (!frame.spendOnText(text.length)) return EXHAUSTED;
  const parts = text.split(separator, frame.stepsLeft + 1);
  return frame.spend(parts.length) ? new PlainList(parts) : EXHAUSTED;
}
