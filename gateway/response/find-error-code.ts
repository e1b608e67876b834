// Finds the code of a JSON-RPC error that was checked already.
import { findMember } from '../mcp/json-walk.ts';

/** @returns undefined when the error has no code that is a whole number, however it is written */
export function findErrorCode(message: Buffer): number | undefined {
  const error = findMember(message, message.indexOf('{'), 'error');
  const code = error && findMember(message, error.start, 'code');
  if (code === undefined) return undefined;
  const first = message[code.start];
  if (first !== 0x2d && (first === undefined || first < 0x30 || first > 0x39)) return undefined;
  const number = Number(message.toString('latin1', code.start, code.end));
  return Number.isSafeInteger(number) ? number : undefined;
}
