// Finds out whether a piece of JSON holds one of some texts, as a name or as a value.
import { readString, skipValue } from '../mcp/json-walk.ts';

/** @param start the first byte of a value or of a member, in JSON that `scanJson` accepted */
export function mentionsAny(text: Buffer, start: number, end: number, names: ReadonlySet<string>): boolean {
  for (let at = text.indexOf(0x22, start); at >= 0 && at < end; ) {
    const behind = skipValue(text, at);
    if (names.has(readString(text, at, behind))) return true;
    at = text.indexOf(0x22, behind);
  }
  return false;
}
