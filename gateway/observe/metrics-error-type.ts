// What `error.type` says of a request or an attempt, in a closed set of words (OpenTelemetry conventions for MCP).
import type { AttemptOutcome, RequestRecord } from '../exchange.ts';

const NONE = '';
/** A server may send any integer; only those with a meaning are told apart. */
const CODES: ReadonlyMap<number, string> = new Map(
  [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022].map((code) => [code, String(code)]),
);

/** Empty when nothing went wrong. */
export function toErrorType({ answer, refusal }: Pick<RequestRecord, 'answer' | 'refusal'>): string {
  if (refusal !== undefined) return String(refusal.row.code);
  if (answer === undefined) return 'cancelled';
  const { ending, errorCode, isToolError } = answer;
  switch (ending) {
    case 'answered':
      return isToolError === true ? 'tool_error' : NONE;
    case 'answered_error':
      return toCode(errorCode);
    case 'client_left':
      return 'cancelled';
    case 'cut':
    case 'token_ended':
      return ending;
    case 'acknowledged':
    case 'drained':
      return NONE;
  }
}

export function toAttemptErrorType({ kind, errorCode, isToolError }: AttemptOutcome): string {
  if (kind === 'answered') return isToolError === true ? 'tool_error' : NONE;
  if (kind === 'answered_error') return toCode(errorCode);
  return kind === 'client_left' ? 'cancelled' : kind;
}

function toCode(code: number | undefined): string {
  return (code === undefined ? undefined : CODES.get(code)) ?? '_OTHER';
}
