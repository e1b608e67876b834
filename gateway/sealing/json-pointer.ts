// JSON Pointers (RFC 6901) into JSON that stays bytes.
import { type FieldNames, isLookalike, makeFieldNames } from '../mcp/field-names.ts';
import { eachItem, eachMember, type Span } from '../mcp/json-walk.ts';

interface Token {
  readonly name: string;
  /** Its value as the index of an item, or -1. */
  readonly item: number;
  readonly fields: FieldNames;
}

export type JsonPointer = readonly Token[];

export interface Pointed {
  /** Where the value stands; undefined when there is none. */
  readonly span: Span | undefined;
  /** A name on the way is the pointer's but for its case, so that a lenient reader would take it for the same. */
  readonly isAmbiguous: boolean;
}

/**
 * @param pointer an empty text, or steps that each begin with `/`; `~1` stands for `/`, `~0` for `~`
 * @throws TypeError when it is neither
 */
export function compilePointer(pointer: string): JsonPointer {
  if (pointer !== '' && !pointer.startsWith('/')) throw new TypeError('a JSON Pointer begins with /');
  if (/~(?![01])/.test(pointer)) throw new TypeError('~ in a JSON Pointer is written ~0');
  return pointer
    .split('/')
    .slice(1)
    .map((step) => {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      const item = /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : -1;
      return { name, item, fields: makeFieldNames([name]) };
    });
}

/** Follows a pointer from the value that begins at `start` of a text that `scanJson` accepted. */
export function followPointer(text: Buffer, { start, end }: Span, pointer: JsonPointer): Pointed {
  let span: Span | undefined = { start, end };
  let isAmbiguous = false;
  for (const token of pointer) {
    const open: number = span.start;
    let next: Span | undefined;
    if (text[open] === 0x7b) {
      eachMember(text, open, (member) => {
        if (member.name === token.name) next = member;
        else if (isLookalike(member.name, token.fields)) isAmbiguous = true;
        return true;
      });
    } else if (text[open] === 0x5b && token.item >= 0) {
      let left = token.item;
      eachItem(text, open, (itemStart, itemEnd) => {
        if (left-- === 0) next = { start: itemStart, end: itemEnd };
      });
    }
    if (next === undefined) return { span: undefined, isAmbiguous };
    span = next;
  }
  return { span, isAmbiguous };
}
