// What metrics and traces may know of an error in an answer that was passed on.
import type { ErrorNote } from '../exchange.ts';
import { findMember } from '../mcp/json-walk.ts';
import { findErrorCode } from './find-error-code.ts';
import { findResult } from './find-result.ts';

export const NO_ERROR: ErrorNote = {};
const TOOL_ERROR: ErrorNote = { isToolError: true };
const MARK = Buffer.from('"isError"');

/** @param message a checked response of this kind */
export function toErrorNote(message: Buffer, kind: 'result' | 'error'): ErrorNote {
  if (kind === 'error') return { errorCode: findErrorCode(message) };
  if (!message.includes(MARK)) return NO_ERROR;
  const found = findMember(message, findResult(message), 'isError');
  return found !== undefined && message[found.start] === 0x74 ? TOOL_ERROR : NO_ERROR;
}
