// Reads JSON bytes so strictly that no two parsers could differ, and notes where the members of the outer objects stand.
import { isUtf8 } from 'node:buffer';
import {
  BOM,
  DEPTH,
  DUPLICATE,
  EMPTY,
  type JsonFault,
  type JsonLimits,
  MEMBERS,
  NUL_IN_NAME,
  SURROGATE,
  SYNTAX,
  TRAILING,
  UTF8,
} from './json-fault.ts';
import { decodeName, JsonIndex, ROOT } from './json-index.ts';

/** Up to this many names are compared one by one; a larger object gets a set, so that no object costs the square of its size. */
const LINEAR_NAMES = 8;
const NOT_NOTED = -2;
interface Frame {
  isObject: boolean;
  /** Noted member whose value this object is, ROOT, or NOT_NOTED. */
  note: number;
  /** Noted member whose value is being read, to be closed behind it. */
  openMember: number;
  firstName: number;
  names: Set<string> | undefined;
}

const index = new JsonIndex();
const frames: Frame[] = [];
/** Names of the objects that are open, as a stack. */
let nameStarts = new Int32Array(1024);
let nameEnds = new Int32Array(1024);
let nameHashes = new Int32Array(1024);
let nameTop = 0;
let members = 0;

let text: Buffer = Buffer.alloc(0);
let at = 0;
let fault: JsonFault | undefined;
/** Set by `readString`. */
let sawEscape = false;
let sawNul = false;
let hash = 0;

/**
 * Checks a whole JSON text (RFC 8259, with the ambiguities of RFC 7493 refused) in one pass and linear time.
 *
 * @param bytes the text, in UTF-8 without a byte order mark
 * @returns the index of its outer members, or why it is refused
 */
export function scanJson(bytes: Buffer, limits: JsonLimits): JsonIndex | JsonFault {
  if (bytes.length === 0) return EMPTY;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return BOM;
  if (!isUtf8(bytes)) return UTF8;
  text = bytes;
  at = 0;
  fault = undefined;
  index.count = 0;
  nameTop = 0;
  members = 0;
  skipSpace();
  if (at === bytes.length) return EMPTY;
  index.rootKind = bytes[at] ?? 0;
  const outcome = readDocument(limits);
  text = NOTHING;
  return outcome ?? index;
}

const NOTHING = Buffer.alloc(0);

export function isJsonFault(scanned: JsonIndex | JsonFault): scanned is JsonFault {
  return !(scanned instanceof JsonIndex);
}

function readDocument(limits: JsonLimits): JsonFault | undefined {
  const end = text.length;
  let depth = 0;
  let note = ROOT;
  // Each turn of the outer loop reads one value; the inner one closes containers behind it.
  for (;;) {
    const first = at < end ? (text[at] as number) : 0;
    if (first === 0x7b || first === 0x5b) {
      if (depth === limits.maxDepth) return DEPTH;
      const frame = openFrame(depth++, first === 0x7b, note);
      at++;
      skipSpace();
      if (text[at] === (frame.isObject ? 0x7d : 0x5d)) {
        at++;
        closeFrame(--depth);
      } else {
        if (frame.isObject && !readName(frame, depth, limits)) return fault;
        note = frame.openMember >= 0 && depth < limits.notedDepth ? frame.openMember : NOT_NOTED;
        continue;
      }
    } else if (!readScalar(first)) {
      return fault ?? SYNTAX;
    }
    for (;;) {
      if (depth === 0) {
        skipSpace();
        return at === end ? undefined : TRAILING;
      }
      const frame = frames[depth - 1] as Frame;
      if (frame.openMember >= 0) index.valueEnd[frame.openMember] = at;
      skipSpace();
      const next = text[at++];
      if (next === 0x2c) {
        skipSpace();
        if (frame.isObject && !readName(frame, depth, limits)) return fault;
        note = frame.openMember >= 0 && depth < limits.notedDepth ? frame.openMember : NOT_NOTED;
        break;
      }
      if (next !== (frame.isObject ? 0x7d : 0x5d)) return SYNTAX;
      closeFrame(--depth);
    }
  }
}

function openFrame(level: number, isObject: boolean, note: number): Frame {
  let frame = frames[level];
  if (frame === undefined) {
    frame = { isObject, note, openMember: -1, firstName: 0, names: undefined };
    frames.push(frame);
  }
  frame.isObject = isObject;
  frame.note = note;
  frame.openMember = -1;
  frame.firstName = nameTop;
  frame.names = undefined;
  return frame;
}

function closeFrame(level: number): void {
  const frame = frames[level] as Frame;
  nameTop = frame.firstName;
  frame.names = undefined;
}

/** Reads `"name" :` of the frame's next member and leaves `at` on its value. */
function readName(frame: Frame, depth: number, limits: JsonLimits): boolean {
  if (text[at] !== 0x22) return fail(SYNTAX);
  const start = at + 1;
  if (!readString()) return false;
  const end = at - 1;
  const escaped = sawEscape;
  if (sawNul) return fail(NUL_IN_NAME);
  if (++members > limits.maxMembers) return fail(MEMBERS);
  if (isRepeated(frame, start, end, escaped)) return fail(DUPLICATE);
  skipSpace();
  if (text[at] !== 0x3a) return fail(SYNTAX);
  at++;
  skipSpace();
  if (depth <= limits.notedDepth && frame.note !== NOT_NOTED) {
    frame.openMember = index.add(frame.note, start, end, escaped);
    index.valueStart[frame.openMember] = at;
  }
  return true;
}

function isRepeated(frame: Frame, start: number, end: number, escaped: boolean): boolean {
  if (frame.names === undefined && !escaped && nameTop - frame.firstName < LINEAR_NAMES) {
    for (let i = frame.firstName; i < nameTop; i++) {
      if (nameHashes[i] === hash && sameBytes(nameStarts[i] as number, nameEnds[i] as number, start, end)) return true;
    }
    pushName(start, end);
    return false;
  }
  if (frame.names === undefined) {
    frame.names = new Set();
    for (let i = frame.firstName; i < nameTop; i++) {
      frame.names.add(text.toString('utf8', nameStarts[i], nameEnds[i]));
    }
  }
  const name = decodeName(text, start, end, escaped);
  if (frame.names.has(name)) return true;
  frame.names.add(name);
  return false;
}

function pushName(start: number, end: number): void {
  if (nameTop === nameStarts.length) {
    nameStarts = widen(nameStarts);
    nameEnds = widen(nameEnds);
    nameHashes = widen(nameHashes);
  }
  nameStarts[nameTop] = start;
  nameEnds[nameTop] = end;
  nameHashes[nameTop++] = hash;
}

function widen(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(column.length * 2);
  wider.set(column);
  return wider;
}

function sameBytes(startA: number, endA: number, startB: number, endB: number): boolean {
  if (endA - startA !== endB - startB) return false;
  for (let a = startA, b = startB; a < endA; a++, b++) if (text[a] !== text[b]) return false;
  return true;
}

function readScalar(first: number): boolean {
  if (first === 0x22) return readValueString();
  if (first === 0x74) return readWord(TRUE);
  if (first === 0x66) return readWord(FALSE);
  if (first === 0x6e) return readWord(NULL);
  return readNumber();
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function readWord(word: Buffer): boolean {
  for (let i = 0; i < word.length; i++) if (text[at + i] !== word[i]) return fail(SYNTAX);
  at += word.length;
  return true;
}

/** A string that is a value: nothing of it is kept, so it needs no hash. */
function readValueString(): boolean {
  const bytes = text;
  const end = bytes.length;
  for (let i = at + 1; i < end; i++) {
    const c = bytes[i] as number;
    if (c === 0x22) {
      at = i + 1;
      return true;
    }
    if (c === 0x5c) return readString();
    if (c < 0x20) return fail(SYNTAX);
  }
  return fail(SYNTAX);
}

/** From the opening quote to behind the closing one. */
function readString(): boolean {
  const bytes = text;
  const end = bytes.length;
  let i = at + 1;
  let h = 0;
  sawEscape = false;
  sawNul = false;
  while (i < end) {
    const c = bytes[i] as number;
    if (c === 0x22) {
      at = i + 1;
      hash = h;
      return true;
    }
    if (c < 0x20) return fail(SYNTAX);
    h = (Math.imul(h, 31) + c) | 0;
    if (c !== 0x5c) {
      i++;
      continue;
    }
    sawEscape = true;
    const kind = bytes[i + 1] as number;
    if (kind !== 0x75) {
      if (!isSimpleEscape(kind)) return fail(SYNTAX);
      i += 2;
      continue;
    }
    const unit = readHex(i + 2);
    if (unit < 0) return fail(SYNTAX);
    if (unit === 0) sawNul = true;
    i += 6;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      if (unit >= 0xdc00 || bytes[i] !== 0x5c || bytes[i + 1] !== 0x75) return fail(SURROGATE);
      const low = readHex(i + 2);
      if (low < 0xdc00 || low > 0xdfff) return fail(low < 0 ? SYNTAX : SURROGATE);
      i += 6;
    }
  }
  return fail(SYNTAX);
}

/** `"` `\` `/` `b` `f` `n` `r` `t` */
function isSimpleEscape(c: number): boolean {
  return c === 0x22 || c === 0x5c || c === 0x2f || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74;
}

function readHex(from: number): number {
  let value = 0;
  for (let i = from; i < from + 4; i++) {
    const c = i < text.length ? (text[i] as number) : 0;
    const digit =
      c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : c >= 0x41 && c <= 0x46 ? c - 0x37 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function readNumber(): boolean {
  if (text[at] === 0x2d) at++;
  if (text[at] === 0x30) at++;
  else if (!readDigits()) return fail(SYNTAX);
  // Most numbers end here, before a comma, a bracket or a brace.
  const next = text[at];
  if (next === 0x2c || next === 0x5d || next === 0x7d) return true;
  if (next === 0x2e) {
    at++;
    if (!readDigits()) return fail(SYNTAX);
  }
  if (text[at] === 0x65 || text[at] === 0x45) {
    at++;
    if (text[at] === 0x2b || text[at] === 0x2d) at++;
    if (!readDigits()) return fail(SYNTAX);
  }
  return true;
}

function readDigits(): boolean {
  const bytes = text;
  const end = bytes.length;
  let i = at;
  while (i < end && (bytes[i] as number) >= 0x30 && (bytes[i] as number) <= 0x39) i++;
  const some = i > at;
  at = i;
  return some;
}

function skipSpace(): void {
  const bytes = text;
  const end = bytes.length;
  let i = at;
  while (i < end) {
    const c = bytes[i] as number;
    if (c > 0x20 || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) break;
    i++;
  }
  at = i;
}

function fail(why: JsonFault): false {
  fault = why;
  return false;
}
