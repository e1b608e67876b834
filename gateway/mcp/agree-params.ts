// Holds the `Mcp-Param-*` headers of a tool call against its arguments, as the tool's schema says which they repeat.
import { refuse } from '../refusal.ts';
import type { Envelope } from './envelope.ts';
import { decodeFieldValue } from './header-value.ts';
import { findMember, readString, skipValue, walkMembers } from './json-walk.ts';
import { foldParamKey, type ParamField } from './mirrored-headers.ts';
import type { ParamPlaces, ParamType, ValidAnnotations } from './param-annotations.ts';
import { readSafeInteger } from './safe-integer.ts';

/** A checked argument; an integer, always within ±(2^53 - 1), as a bigint. */
export type CheckedParam = string | bigint | boolean;
export type CheckedParams = ReadonlyMap<string, CheckedParam>;

/** How a header and its argument disagree. */
export type ParamDifference =
  | 'param_missing' // an argument without its header
  | 'param_unexpected' // a header whose argument is null or absent
  | 'param_differs'
  | 'param_malformed' // not a value of the type as a header spells it
  | 'param_type'; // the argument itself is not of the type, or an integer that a double cannot hold

export const NO_PARAMS: CheckedParams = new Map();

/** A header that spells an integer: decimal, which `42.0` is too. */
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/**
 * Compares every annotated argument with its header. A header that no annotation of the tool names is not looked at: who does
 * not recognise one forwards it and otherwise ignores it (basic/transports/streamable-http, "Server Behavior for Custom
 * Headers"); so it is not among the checked values either. One that differs from an annotated name in `_` and `-` alone
 * stands in for no argument, but may not stand where there is none: some servers see both as one.
 *
 * @param body the whole request, which `openEnvelope` accepted
 * @param headers of which no two fold to one name
 * @returns the values by lower-case key, of those arguments that are there, or the first difference
 */
export function agreeParams(
  annotations: ValidAnnotations,
  { body, envelope }: { readonly body: Buffer; readonly envelope: Pick<Envelope, 'paramsStart'> },
  headers: readonly ParamField[],
): CheckedParams | ParamDifference {
  const { params } = annotations;
  if (params.length === 0) return NO_PARAMS;
  const starts = locateParams(annotations, body, envelope.paramsStart);
  const fields = new Map(headers.map((field) => [foldParamKey(field.key), field]));
  const checked = new Map<string, CheckedParam>();
  for (const [at, { key, type }] of params.entries()) {
    const field = fields.get(foldParamKey(key));
    const start = starts[at] as number;
    if (start < 0 || body[start] === 0x6e) {
      if (field !== undefined) return 'param_unexpected';
      continue;
    }
    if (field === undefined || field.key !== key) return 'param_missing';
    const value = readArgument(body, start, type);
    if (value === undefined) return 'param_type';
    const claimed = readHeader(field.value, type);
    if (claimed === undefined) return 'param_malformed';
    if (claimed !== value) return 'param_differs';
    checked.set(key, value);
  }
  return checked;
}

/** @throws Refusal header_mismatch, with the difference as its reason */
export function refuseDifference(difference: ParamDifference): never {
  return refuse('header_mismatch', { reason: difference });
}

/**
 * Finds the annotated arguments in one walk.
 *
 * @param paramsStart where the value of `params` begins in a checked body
 * @returns where each of `annotations.params` begins, or -1
 */
export function locateParams(annotations: ValidAnnotations, body: Buffer, paramsStart: number): Int32Array {
  const starts = new Int32Array(annotations.params.length).fill(-1);
  const found = findMember(body, paramsStart, 'arguments');
  if (found !== undefined && body[found.start] === 0x7b) locate(body, found.start, annotations.places, starts);
  return starts;
}

/** @returns behind the object */
function locate(body: Buffer, open: number, places: ParamPlaces, starts: Int32Array): number {
  return walkMembers(body, open, (nameStart, nameEnd, start) => {
    const place = places.members.get(readString(body, nameStart, nameEnd));
    if (place === undefined) return skipValue(body, start);
    if (place.index >= 0) starts[place.index] = start;
    const leadsOn = place.members.size > 0 && body[start] === 0x7b;
    return leadsOn ? locate(body, start, place, starts) : skipValue(body, start);
  });
}

/** @returns undefined when the argument that begins there is not of this type */
export function readArgument(body: Buffer, start: number, type: ParamType): CheckedParam | undefined {
  const first = body[start] as number;
  switch (type) {
    case 'string':
      return first === 0x22 ? readString(body, start, skipValue(body, start)) : undefined;
    case 'boolean':
      return first === 0x74 ? true : first === 0x66 ? false : undefined;
    case 'integer': {
      const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39);
      return isNumber ? readSafeInteger(body.toString('latin1', start, skipValue(body, start))) : undefined;
    }
  }
}

/** @returns a value that equals no argument when the header spells a number that is no integer */
function readHeader(field: string, type: ParamType): CheckedParam | undefined {
  const text = decodeFieldValue(field);
  if (text === undefined || type === 'string') return text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  return DECIMAL.test(text) ? (readSafeInteger(text) ?? text) : undefined;
}
