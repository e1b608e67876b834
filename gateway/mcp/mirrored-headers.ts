// The headers of one MCP request that repeat its body, as they stood on the wire.
import { decodeFieldValue, MAX_MIRRORED_BYTES, trimField } from './header-value.ts';

/** `REPEATED`: the name stood on the wire more than once, which joins or drops values depending on who reads them. */
export const REPEATED = Symbol('repeated');
export type Field = string | undefined | typeof REPEATED;

/** One `Mcp-Param-{Name}` header; forwarded as it came. */
export interface ParamField {
  /** The name behind `Mcp-Param-`, lower case. */
  readonly key: string;
  /** The header's name as the client wrote it. */
  readonly name: string;
  /** The trimmed value as it came. */
  readonly value: string;
}

export interface MirroredHeaders {
  readonly version: Field;
  readonly method: Field;
  readonly name: Field;
  readonly params: readonly ParamField[];
  /** W3C trace context of the HTTP request, when it stood there once. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** Why mirrored headers are refused before they are held against the body. */
export type ParamFault = 'param_repeated' | 'param_malformed';

/**
 * Checks the form of all `Mcp-Param-*` headers. Names that differ only in `-` and `_` count as repeated, because
 * servers behind CGI-style interfaces see them as one.
 */
export function findParamFault(params: readonly ParamField[]): ParamFault | undefined {
  if (params.length === 0) return undefined;
  for (const { key, value } of params) {
    if (key === '' || decodeFieldValue(value) === undefined) return 'param_malformed';
  }
  if (params.length === 1) return undefined;
  const seen = new Set<string>();
  for (const param of params) {
    const folded = foldParamKey(param.key);
    if (seen.has(folded)) return 'param_repeated';
    seen.add(folded);
  }
  return undefined;
}

/** Two keys that fold to one are one header to some servers. */
export function foldParamKey(key: string): string {
  return key.replaceAll('_', '-');
}

/** True when one mirrored header alone is larger than any honest one. */
export function isOversized(field: Field): boolean {
  return typeof field === 'string' && field.length > MAX_MIRRORED_BYTES;
}

/** Adds one more header line to a field that may already hold one. */
export function addField(field: Field, value: string): Field {
  return field === undefined ? trimField(value) : REPEATED;
}
