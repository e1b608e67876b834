// Notes the objects of a JSON value and the order in which RFC 8785 wants their members.
import { decodeName } from '../mcp/json-index.ts';
import { skipBlanks, skipPlain, skipString } from './json-tokens.ts';

/** One member of an object, where it stands. */
export interface MemberNode {
  readonly name: string;
  readonly nameStart: number;
  readonly valueStart: number;
  /** How many objects with members open before its value. */
  readonly objectsBefore: number;
}

/** An object with members. */
export interface ObjectNode {
  /** In canonical order, once the object is read. */
  readonly members: MemberNode[];
  /** They stand in that order. */
  isSorted: boolean;
  /** Behind its closing brace. */
  end: number;
  /** How many objects with members open before or within it. */
  objectsEnd: number;
}

/** @returns the objects with members of the value at `start`, in the order in which they open */
export function indexObjects(text: Buffer, start: number): readonly ObjectNode[] {
  const objects: ObjectNode[] = [];
  skipValue(text, start, objects);
  return objects;
}

function skipValue(text: Buffer, at: number, objects: ObjectNode[]): number {
  const first = text[at];
  if (first === 0x7b) return skipObject(text, at, objects);
  if (first === 0x5b) return skipArray(text, at, objects);
  return first === 0x22 ? skipString(text, at) : skipPlain(text, at);
}

function skipArray(text: Buffer, at: number, objects: ObjectNode[]): number {
  for (let i = at + 1; ; ) {
    const c = text[i] as number;
    // Most are digits and commas.
    if (c < 0x5b && c !== 0x22) i++;
    else if (c === 0x5d) return i + 1;
    else if (c === 0x22) i = skipString(text, i);
    else if (c === 0x7b) i = skipObject(text, i, objects);
    else if (c === 0x5b) i = skipArray(text, i, objects);
    else i++;
  }
}

function skipObject(text: Buffer, at: number, objects: ObjectNode[]): number {
  let i = skipBlanks(text, at + 1);
  if (text[i] === 0x7d) return i + 1;
  const members: MemberNode[] = [];
  const node: ObjectNode = { members, isSorted: true, end: 0, objectsEnd: 0 };
  objects.push(node);
  while (text[i] === 0x22) {
    const nameEnd = skipString(text, i);
    const name = decodeName(text, i + 1, nameEnd - 1, hasEscape(text, i, nameEnd));
    const valueStart = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
    const before = members.at(-1);
    if (before !== undefined && before.name > name) node.isSorted = false;
    members.push({ name, nameStart: i, valueStart, objectsBefore: objects.length });
    i = skipBlanks(text, skipValue(text, valueStart, objects));
    if (text[i] === 0x2c) i = skipBlanks(text, i + 1);
  }
  // By UTF-16 code units (RFC 8785, section 3.2.3), which is how JavaScript compares.
  if (!node.isSorted) members.sort((a, b) => (a.name < b.name ? -1 : 1));
  node.objectsEnd = objects.length;
  node.end = i + 1;
  return node.end;
}

function hasEscape(text: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text[i] === 0x5c) return true;
  return false;
}
