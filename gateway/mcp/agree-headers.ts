// Holds the mirrored headers against the body (basic/transports/streamable-http, "Server Validation").
import { decodeFieldValue, isPlainField } from './header-value.ts';
import { findParamFault, type MirroredHeaders, REPEATED } from './mirrored-headers.ts';
import type { Opening } from './opening.ts';
import type { Meta } from './read-params.ts';
import type { Top } from './read-top.ts';

/** @returns the value that `Mcp-Name` mirrors, once every mirrored header agrees with the body */
export function checkHeaders(opening: Opening, top: Top, meta: Meta, headers: MirroredHeaders): string | undefined {
  if (headers.version === undefined) return opening.refuse('header_mismatch', 'version_missing');
  if (headers.method === undefined) return opening.refuse('header_mismatch', 'method_missing');
  if (headers.version === REPEATED || headers.method === REPEATED || headers.name === REPEATED) {
    return opening.refuse('header_mismatch', 'repeated');
  }
  if (!isPlainField(headers.version) || !isPlainField(headers.method)) {
    return opening.refuse('header_mismatch', 'characters');
  }
  if (headers.version !== meta.version) return opening.refuse('header_mismatch', 'version_differs');
  if (headers.method !== top.method) return opening.refuse('header_mismatch', 'method_differs');
  const paramFault = findParamFault(headers.params);
  if (paramFault !== undefined) return opening.refuse('header_mismatch', paramFault);
  // Whether a method that is not in the table mirrors a name cannot be known; it is refused as unknown in a moment.
  if (top.known === undefined) return undefined;
  if (meta.mirrored < 0) {
    if (headers.name !== undefined) return opening.refuse('header_mismatch', 'name_unexpected');
    return undefined;
  }
  if (headers.name === undefined) return opening.refuse('header_mismatch', 'name_missing');
  const claimed = decodeFieldValue(headers.name);
  if (claimed === undefined) return opening.refuse('header_mismatch', 'name_malformed');
  const name = opening.stringAt(meta.mirrored);
  if (claimed !== name) return opening.refuse('header_mismatch', 'name_differs');
  return name;
}

/** It needs no mirrored header (none is defined for it), but one that is there must not say something else. */
export function checkCancellation(opening: Opening, { method, name, params }: MirroredHeaders): undefined {
  const agrees = method === undefined || method === 'notifications/cancelled';
  if (!agrees || name !== undefined || params.length > 0) opening.refuse('header_mismatch', 'notification');
}
