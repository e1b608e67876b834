// Finds the result of a JSON-RPC response that was checked already.
import { findMember } from '../mcp/json-walk.ts';

/** @param message a response of the kind `result`; @returns where its result object opens */
export function findResult(message: Buffer): number {
  const result = findMember(message, message.indexOf('{'), 'result');
  if (result === undefined) throw new Error('a response that is a result has one');
  return result.start;
}
