// Parses bytes that must hold exactly one unambiguous JSON object.

import type { JsonLimits } from '../mcp/json-fault.ts';
import { isJsonFault, scanJson } from '../mcp/strict-json.ts';

export type StrictObject = Readonly<Record<string, unknown>>;

const OPENING_BRACE = 0x7b;

/**
 * Undefined unless the bytes are one JSON object without repeated names (RFC 8725 section 3.1 in spirit: no two readers
 * may see two tokens). Names such as `__proto__` become own members like any other.
 */
export function parseStrictObject(bytes: Buffer, limits: JsonLimits): StrictObject | undefined {
  const scanned = scanJson(bytes, limits);
  if (isJsonFault(scanned) || scanned.rootKind !== OPENING_BRACE) return undefined;
  return JSON.parse(bytes.toString('utf8')) as StrictObject;
}
