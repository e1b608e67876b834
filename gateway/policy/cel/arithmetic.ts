// Sums and orders of what conditions work on; an `int` has 64 bits, and leaves them by failing.
import { compare } from './compare.ts';
import type { Frame } from './frame.ts';
import {
  Duration,
  EXHAUSTED,
  Failure,
  Instant,
  isList,
  type Outcome,
  PlainList,
  type Value,
  WRONG_TYPE,
} from './value.ts';

export const TOO_LARGE = new Failure('a number is too large');
const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);

/** @returns the integer when it is an `int` */
export function toInt(value: bigint): bigint | Failure {
  return value <= MAX_INT && value >= MIN_INT ? value : TOO_LARGE;
}

/** `+ - * / %` */
export function calculate(frame: Frame, op: string, a: Value, b: Value): Outcome {
  if (typeof a === 'bigint' && typeof b === 'bigint') return calculateInt(op, a, b);
  if (typeof a === 'number' && typeof b === 'number') return calculateDouble(op, a, b);
  if (op === '+' && typeof a === 'string' && typeof b === 'string') {
    return frame.spendOnText(a.length + b.length) ? a + b : EXHAUSTED;
  }
  if (op === '+' && isList(a) && isList(b)) return concatenate(frame, a.items(), b.items());
  return calculateTime(op, a, b);
}

function calculateInt(op: string, a: bigint, b: bigint): Outcome {
  if (b === 0n && (op === '/' || op === '%')) return new Failure('a division by zero');
  switch (op) {
    case '+':
      return toInt(a + b);
    case '-':
      return toInt(a - b);
    case '*':
      return toInt(a * b);
    case '/':
      return toInt(a / b);
    default:
      return toInt(a % b);
  }
}

function calculateDouble(op: string, a: number, b: number): Outcome {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return WRONG_TYPE;
  }
}

function concatenate(frame: Frame, a: readonly Outcome[] | Failure, b: readonly Outcome[] | Failure): Outcome {
  if (a instanceof Failure) return a;
  if (b instanceof Failure) return b;
  return frame.spend(a.length + b.length) ? new PlainList([...a, ...b]) : EXHAUSTED;
}

function calculateTime(op: string, a: Value, b: Value): Outcome {
  if (op === '+' && a instanceof Duration && b instanceof Duration) return new Duration(a.ms + b.ms);
  if (op === '+' && a instanceof Instant && b instanceof Duration) return new Instant(a.ms + b.ms);
  if (op === '+' && a instanceof Duration && b instanceof Instant) return new Instant(a.ms + b.ms);
  if (op !== '-') return WRONG_TYPE;
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms - b.ms);
  if (a instanceof Instant && b instanceof Duration) return new Instant(a.ms - b.ms);
  return a instanceof Instant && b instanceof Instant ? new Duration(a.ms - b.ms) : WRONG_TYPE;
}

/** `< <= > >=` */
export function order(frame: Frame, op: string, a: Value, b: Value): Outcome {
  const found = compare(frame, a, b);
  if (found instanceof Failure) return found;
  switch (op) {
    case '<':
      return found < 0;
    case '<=':
      return found <= 0;
    case '>':
      return found > 0;
    default:
      return found >= 0;
  }
}
