// Reads a JSON number as an integer without rounding: what a double cannot hold exactly is none.

const NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
/** 2^53 - 1 has as many. */
const MAX_DIGITS = 16;
const ZERO = 0x30;

/**
 * `42`, `42.0` and `4.2e1` are one integer (JSON Schema 2020-12, section 4.2.3); it must lie within ±(2^53 - 1), or readers
 * with doubles would take it for another (basic/transports/streamable-http, "Schema Extension").
 *
 * @param literal a number as JSON writes it, of any length; read in linear time
 */
export function readSafeInteger(literal: string): bigint | undefined {
  const match = NUMBER.exec(literal);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  let first = 0;
  while (first < digits.length && digits.charCodeAt(first) === ZERO) first++;
  if (first === digits.length) return 0n;
  let behind = digits.length;
  while (digits.charCodeAt(behind - 1) === ZERO) behind--;
  // The value is the digits in between times ten to this power.
  const power = Number(exponent) - fraction.length + digits.length - behind;
  if (power < 0 || behind - first + power > MAX_DIGITS) return undefined;
  const size = Number(digits.slice(first, behind) + '0'.repeat(power));
  return Number.isSafeInteger(size) ? BigInt(sign === '-' ? -size : size) : undefined;
}
