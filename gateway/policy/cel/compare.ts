// Equality and order as CEL defines them: numbers by what they are worth, whatever their type; other types are never equal.
import type { Frame } from './frame.ts';
import {
  type CelList,
  type CelMap,
  Duration,
  EXHAUSTED,
  Failure,
  Instant,
  isList,
  isMap,
  type Outcome,
  TypeName,
  WRONG_TYPE,
} from './value.ts';

/** https://github.com/google/cel-spec/blob/master/doc/langdef.md#equality */
export function areEqual(frame: Frame, a: Outcome, b: Outcome): boolean | Failure {
  if (a instanceof Failure) return a;
  if (b instanceof Failure) return b;
  if (typeof a === 'string' || typeof b === 'string') {
    if (typeof a !== typeof b || (a as string).length !== (b as string).length) return false;
    return frame.spendOnText((a as string).length) ? a === b : EXHAUSTED;
  }
  if (isNumeric(a)) return isNumeric(b) && toOrder(a, b) === 0;
  if (a instanceof Instant) return b instanceof Instant && a.ms === b.ms;
  if (a instanceof Duration) return b instanceof Duration && a.ms === b.ms;
  if (a instanceof TypeName) return b instanceof TypeName && a.name === b.name;
  if (isList(a)) return isList(b) && areListsEqual(frame, a, b);
  if (isMap(a)) return isMap(b) && areMapsEqual(frame, a, b);
  return a === b;
}

function areListsEqual(frame: Frame, a: CelList, b: CelList): boolean | Failure {
  const [left, right] = [a.items(), b.items()];
  if (left instanceof Failure) return left;
  if (right instanceof Failure) return right;
  if (left.length !== right.length) return false;
  if (!frame.spend(left.length)) return EXHAUSTED;
  for (const [at, item] of left.entries()) {
    const equal = areEqual(frame, item, right[at] as Outcome);
    if (equal !== true) return equal;
  }
  return true;
}

function areMapsEqual(frame: Frame, a: CelMap, b: CelMap): boolean | Failure {
  const [left, right] = [a.names(), b.names()];
  if (left instanceof Failure) return left;
  if (right instanceof Failure) return right;
  if (left.length !== right.length) return false;
  if (!frame.spend(left.length)) return EXHAUSTED;
  for (const name of left) {
    const other = b.get(name);
    if (other === undefined) return false;
    const equal = areEqual(frame, a.get(name) as Outcome, other);
    if (equal !== true) return equal;
  }
  return true;
}

/** @returns below, at or above zero; NaN where neither is first */
export function compare(frame: Frame, a: Outcome, b: Outcome): number | Failure {
  if (a instanceof Failure) return a;
  if (b instanceof Failure) return b;
  if (isNumeric(a) && isNumeric(b)) return toOrder(a, b);
  if (typeof a === 'string' && typeof b === 'string') {
    return frame.spendOnText(Math.min(a.length, b.length)) ? toOrder(a, b) : EXHAUSTED;
  }
  if (a instanceof Instant && b instanceof Instant) return a.ms - b.ms;
  if (a instanceof Duration && b instanceof Duration) return a.ms - b.ms;
  return WRONG_TYPE;
}

/** JavaScript compares a bigint with a number exactly. */
function toOrder(a: bigint | number | string, b: bigint | number | string): number {
  return a < b ? -1 : a > b ? 1 : a >= b ? 0 : Number.NaN;
}

export function isNumeric(value: Outcome): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** `in`: of a list's items, or of a map's names. */
export function isIn(frame: Frame, value: Outcome, container: Outcome): boolean | Failure {
  if (value instanceof Failure) return value;
  if (container instanceof Failure) return container;
  if (isMap(container)) return typeof value === 'string' ? container.get(value) !== undefined : false;
  if (!isList(container)) return WRONG_TYPE;
  if (container.has !== undefined) return container.has(value);
  const items = container.items();
  if (items instanceof Failure) return items;
  let failure: Failure | undefined;
  for (const item of items) {
    if (!frame.spend(1)) return EXHAUSTED;
    const equal = areEqual(frame, value, item);
    if (equal === true) return true;
    if (equal !== false) failure ??= equal;
  }
  return failure ?? false;
}
