// Reads the outer members of a request: exactly one, with an id and a method (JSON-RPC 2.0, MCP 2026-07-28 "Messages").
import { isLookalike, makeFieldNames } from './field-names.ts';
import { ROOT } from './json-index.ts';
import { METHODS, type Method } from './methods.ts';
import type { Opening } from './opening.ts';

/** An id is a handle to match answers by; it is compared in every answer, so it may not be a document. */
const MAX_ID_LENGTH = 1024;

const TOP_FIELDS = makeFieldNames(['jsonrpc', 'id', 'method', 'params']);
export interface Top {
  readonly id: string | number;
  readonly method: string;
  readonly known: Method | undefined;
  /** Member of `params`, or -1. */
  readonly params: number;
}

/** @returns undefined for a notification that asks for nothing */
export function readTop(opening: Opening): Top | undefined {
  const { index } = opening;
  opening.requireFew(ROOT);
  let jsonrpc = -1;
  let idAt = -1;
  let methodAt = -1;
  let params = -1;
  let stranger: string | undefined;
  for (let at = 0; at < index.count; at++) {
    if (index.parent[at] !== ROOT) continue;
    const name = opening.nameAt(at);
    if (name === 'jsonrpc') jsonrpc = at;
    else if (name === 'id') idAt = at;
    else if (name === 'method') methodAt = at;
    else if (name === 'params') params = at;
    else stranger ??= name;
  }
  const id = idAt < 0 ? undefined : readId(opening, idAt);
  if (stranger !== undefined) {
    const answers = stranger === 'result' || stranger === 'error';
    return opening.refuse(
      'not_a_request',
      answers ? 'response' : isLookalike(stranger, TOP_FIELDS) ? 'lookalike' : 'unknown_member',
    );
  }
  if (jsonrpc < 0 || opening.kindAt(jsonrpc) !== 0x22 || opening.stringAt(jsonrpc) !== '2.0') {
    return opening.refuse('not_a_request', 'jsonrpc');
  }
  if (methodAt < 0 || opening.kindAt(methodAt) !== 0x22) return opening.refuse('not_a_request', 'method');
  const method = opening.stringAt(methodAt);
  opening.isInitialize = method === 'initialize';
  if (idAt < 0) {
    // Closing the connection is what cancels here; the official client says it in words too, and needs no more than a nod.
    if (method === 'notifications/cancelled') return undefined;
    // This revision defines no notification from client to server over HTTP.
    if (method.startsWith('notifications/')) return opening.refuse('unknown_method', 'notification');
    return opening.refuse('not_a_request', 'no_id');
  }
  if (id === undefined) return opening.refuse('not_a_request', 'id');
  return { id, method, known: METHODS.get(method), params };
}

/** A string or a safe integer in plain digits; `1.0`, `1e0` and `-0` would come back differently from different readers. */
function readId(opening: Opening, at: number): string | number | undefined {
  const literal = opening.textAt(at);
  if (literal.length > MAX_ID_LENGTH) return undefined;
  let id: string | number;
  if (literal.startsWith('"')) {
    id = opening.stringAt(at);
  } else {
    if (!/^(?:0|-?[1-9][0-9]{0,15})$/.test(literal)) return undefined;
    id = Number(literal);
    if (!Number.isSafeInteger(id)) return undefined;
  }
  opening.idLiteral = literal;
  return id;
}
