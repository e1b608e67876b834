// Says of an answer that depends on its caller that no cache may share it (SEP-2549, "cacheScope").
import { type Edit, toInsertion } from '../mcp/edits.ts';
import { readString, type Span } from '../mcp/json-walk.ts';

/**
 * @param open the opening brace of the result
 * @param scope the value of its `cacheScope`
 * @returns undefined when that says so already
 */
export function toPrivateScope(text: Buffer, open: number, scope: Span | undefined): Edit | undefined {
  if (scope === undefined) return toInsertion(open, '"cacheScope":"private"');
  const { start, end } = scope;
  if (text[start] === 0x22 && readString(text, start, end) === 'private') return undefined;
  return { start, end, text: '"private"' };
}
