// Walks the members of an answer's result, and finds what a lenient reader could take for another field.
import { type FieldScan, LOOKALIKE } from '../mcp/field-scan.ts';
import { findRoot, readString, skipValue, walkMembers } from '../mcp/json-walk.ts';
import { MESSAGE_FIELDS } from '../mcp/message-fields.ts';

/**
 * Given a field, or undefined for any other member, the opening quote of its name, and where its value begins; returns where
 * that ends, or -1 when the answer may not stand.
 */
type VisitField = (field: string | undefined, nameStart: number, start: number) => number;

/**
 * Walks a whole message of kind `result`. A list, or a discovery, is `complete` and nothing else.
 *
 * @param fields the members the result is known to have, `resultType` among them
 * @returns the opening brace of the result, or -1 when the answer may not stand
 */
export function walkResult(message: Buffer, fields: FieldScan, visit: VisitField): number {
  let open = -1;
  const end = walkFields(message, findRoot(message), MESSAGE_FIELDS, (outer, _nameStart, start) => {
    if (outer !== 'result') return skipValue(message, start);
    open = start;
    return walkFields(message, start, fields, (field, fieldStart, valueStart) =>
      field === 'resultType' ? skipComplete(message, valueStart) : visit(field, fieldStart, valueStart),
    );
  });
  return end < 0 ? -1 : open;
}

/**
 * Walks the members of an object, some of which are known.
 *
 * @returns behind the closing brace, or -1 when a name only looks like a known one, or a visit returned that
 */
export function walkFields(text: Buffer, open: number, fields: FieldScan, visit: VisitField): number {
  return walkMembers(text, open, (nameStart, nameEnd, start) => {
    const field = fields.scan(text, nameStart, nameEnd);
    return field === LOOKALIKE ? -1 : visit(field, nameStart, start);
  });
}

function skipComplete(text: Buffer, start: number): number {
  const end = skipValue(text, start);
  return text[start] === 0x22 && readString(text, start, end) === 'complete' ? end : -1;
}
