// Reads whole numbers with a unit, such as `30s` and `1MiB`, into one base unit.
import type { Read } from './scalar.ts';

export interface Units {
  /** Unit -> how many base units it is. */
  readonly factors: ReadonlyMap<string, number>;
  /** In base units, both included. */
  readonly min: number;
  readonly max: number;
  /** What is said when the value is not one. */
  readonly expected: string;
}

const QUANTITY = /^(\d{1,15})([A-Za-z]+)$/;

/** Reads text such as `30s`; a plain `0` needs no unit, where zero is allowed at all. */
export function readQuantity(raw: unknown, { factors, min, max, expected }: Units): Read<number> {
  const value = raw === 0 || raw === '0' ? 0 : toBaseUnits(raw, factors);
  return value !== undefined && value >= min && value <= max ? { value } : { expected };
}

/** JSON Schema pattern for these units, with room for `${NAME}`. */
export function toPattern(factors: ReadonlyMap<string, number>): string {
  return `^[0-9]+(${[...factors.keys()].join('|')})$|\\$\\{`;
}

function toBaseUnits(raw: unknown, factors: ReadonlyMap<string, number>): number | undefined {
  const [, digits, unit] = (typeof raw === 'string' ? QUANTITY.exec(raw) : null) ?? [];
  const factor = factors.get(unit ?? '');
  return factor === undefined ? undefined : Number(digits) * factor;
}
