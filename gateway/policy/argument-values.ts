// Gives the arguments of a call to conditions straight from their bytes: numbers exactly, and only what is asked for.
import { eachMember, readString, type Span, skipValue, walkItems } from '../mcp/json-walk.ts';
import { type CelList, type CelMap, Failure, type Outcome, PlainMap } from './cel/value.ts';

/** More items than this are not looked at; an object cannot have more members in a request that was accepted. */
const MAX_ITEMS = 10_000;
/** So many times as long as the arguments are, and this much besides, may be walked over in all. */
const WALKS = 2;
const FREE_BYTES = 1024 * 1024;
const MAX_UINT = 2n ** 64n - 1n;
const MIN_INT = -(2n ** 63n);
/** Digits that a 64-bit integer or a double could need; a longer literal is not worth reading. */
const MAX_NUMBER = 400;

const INEXACT = new Failure('a number cannot be held exactly');
const TOO_MANY = new Failure(`a list has more than ${MAX_ITEMS} items`);
const TOO_DEEP = new Failure('the arguments are too deep for their size');
const NO_ARGUMENTS = new PlainMap(new Map());

/** Arguments as conditions see them; nothing of them is read before it is asked for, and nothing is read twice. */
export type ArgumentValues = CelMap;

/** @param json the object `arguments`, part of a text that `scanJson` has accepted; its bytes must not change */
export function readArgumentValues(json: Buffer): ArgumentValues {
  if (json[0] !== 0x7b) return NO_ARGUMENTS;
  return new ArgumentMap(new Source(json), { start: 0, end: json.length });
}

/** The text, and how many of its bytes may still be walked over: each level walks over all that is inside. */
class Source {
  readonly text: Buffer;
  private left: number;

  constructor(text: Buffer) {
    this.text = text;
    this.left = WALKS * text.length + FREE_BYTES;
  }

  mayWalk({ start, end }: Span): boolean {
    this.left -= end - start;
    return this.left >= 0;
  }
}

class ArgumentMap implements CelMap {
  readonly kind = 'map';
  private readonly source: Source;
  private readonly span: Span;
  private members: Map<string, Outcome | Span> | Failure | undefined;
  private listed: readonly string[] | undefined;

  constructor(source: Source, span: Span) {
    this.source = source;
    this.span = span;
  }

  get(name: string): Outcome | undefined {
    const members = (this.members ??= this.readMembers());
    if (members instanceof Failure) return members;
    const held = members.get(name);
    if (!isSpan(held)) return held;
    const value = readValue(this.source, held);
    members.set(name, value);
    return value;
  }

  names(): readonly string[] | Failure {
    const members = (this.members ??= this.readMembers());
    return members instanceof Failure ? members : (this.listed ??= [...members.keys()]);
  }

  private readMembers(): Map<string, Outcome | Span> | Failure {
    if (!this.source.mayWalk(this.span)) return TOO_DEEP;
    const members = new Map<string, Outcome | Span>();
    eachMember(this.source.text, this.span.start, ({ name, start, end }) => {
      members.set(name, { start, end });
      return true;
    });
    return members;
  }
}

class ArgumentList implements CelList {
  readonly kind = 'list';
  private readonly source: Source;
  private readonly span: Span;
  private held: readonly Outcome[] | Failure | undefined;

  constructor(source: Source, span: Span) {
    this.source = source;
    this.span = span;
  }

  items(): readonly Outcome[] | Failure {
    return (this.held ??= this.readItems());
  }

  private readItems(): readonly Outcome[] | Failure {
    const { source } = this;
    if (!source.mayWalk(this.span)) return TOO_DEEP;
    const held: Outcome[] = [];
    let isTooLong = false;
    walkItems(source.text, this.span.start, (start) => {
      isTooLong = held.length === MAX_ITEMS;
      if (isTooLong) return source.text.length;
      const end = skipValue(source.text, start);
      held.push(readValue(source, { start, end }));
      return end;
    });
    return isTooLong ? TOO_MANY : held;
  }
}

/** What a value that was not asked for yet stands as; values have no `end`. */
function isSpan(held: Outcome | Span | undefined): held is Span {
  return typeof held === 'object' && held !== null && 'end' in held;
}

function readValue(source: Source, span: Span): Outcome {
  const { text } = source;
  const { start, end } = span;
  switch (text[start] as number) {
    case 0x7b:
      return new ArgumentMap(source, span);
    case 0x5b:
      return new ArgumentList(source, span);
    case 0x22:
      return readString(text, start, end);
    case 0x74:
      return true;
    case 0x66:
      return false;
    case 0x6e:
      return null;
    default:
      return end - start > MAX_NUMBER ? INEXACT : toNumber(text.toString('latin1', start, end));
  }
}

/**
 * @param literal a number of JSON
 * @returns an `int` where it is written as one, else a `double` where that is exactly what is written; what neither holds is a
 *   failure for whoever uses it
 */
export function toNumber(literal: string): Outcome {
  if (/^-?[0-9]+$/.test(literal)) {
    if (literal === '-0') return 0n;
    if (literal.length > 20) return INEXACT;
    const value = BigInt(literal);
    return value <= MAX_UINT && value >= MIN_INT ? value : INEXACT;
  }
  const value = Number(literal);
  if (!Number.isFinite(value)) return INEXACT;
  const written = String(value);
  return written === literal || normalise(written) === normalise(literal) ? value : INEXACT;
}

/**
 * Digits without zeros at either end, and the power of ten behind them: equal for two literals of the same number. By hand: an
 * expression would take ten times as long, and a list may be full of these.
 */
function normalise(literal: string): string {
  const mark = literal.search(/[eE]/);
  const end = mark < 0 ? literal.length : mark;
  const start = literal.startsWith('-') ? 1 : 0;
  const dot = literal.indexOf('.');
  const digits = dot < 0 ? literal.slice(start, end) : literal.slice(start, dot) + literal.slice(dot + 1, end);
  let first = 0;
  while (digits.charCodeAt(first) === ZERO) first++;
  let last = digits.length;
  while (last > first && digits.charCodeAt(last - 1) === ZERO) last--;
  if (first === last) return '0';
  const exponent = mark < 0 ? 0 : Number(literal.slice(mark + 1));
  const behind = dot < 0 ? 0 : end - dot - 1;
  return `${start === 1 ? '-' : ''}${digits.slice(first, last)}e${exponent - behind + digits.length - last}`;
}

const ZERO = 0x30;
