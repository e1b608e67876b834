// Checks a JSON message of any length while it streams by, byte by byte, keeping only its outer members.
import { type MessageKind, MessageShape } from './json-rpc.ts';
import { ResultWatch } from './result-watch.ts';

/** Where the watch stands between two bytes. */
const VALUE = 0; // a value must begin
const FIRST_NAME = 1; // behind `{`: a name or `}`
const NAME = 2; // behind `,` in an object: a name
const COLON = 3;
const AFTER = 4; // behind a value
const FIRST_ITEM = 5; // behind `[`: a value or `]`
const STRING = 6;
const ESCAPE = 7;
const HEX = 8;
const NUMBER = 9;
const WORD = 10;
const DONE = 11;
const BROKEN = 12;

const MAX_DEPTH = 256;
/** Outer members whose value is needed whole: `jsonrpc`, `id`, `method`; longer ones are cut, as only their kind counts. */
const MAX_KEPT = 8192;
const NUMBER_GRAMMAR = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * Watches one JSON-RPC message. It holds the text to RFC 8259 and to UTF-8 and its outer object to one message, like
 * `toMessageKind`, but cannot see member names that are repeated deep inside; with a `ResultWatch` also those of `result`.
 */
export class JsonWatch {
  private state = VALUE;
  private readonly stack = new Uint8Array(MAX_DEPTH);
  private depth = 0;
  private inName = false;
  private hexLeft = 0;
  private unit = 0;
  private highSurrogate = false;
  private word = '';
  private wordAt = 0;
  private number = '';
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private readonly shape: MessageShape;
  private readonly outerNames = new Set<string>();
  private outerName = '';
  /** Bytes of the outer name or value that is being read, or undefined. */
  private kept: number[] | undefined;

  private readonly result: ResultWatch | undefined;
  private inResult = false;
  /** Down to which depth names and scalars are kept. */
  private readonly keptDepth: number;

  /** @param completeOnly a result must be complete, so that one which nobody edits holds nothing that had to be */
  constructor(expectedId: string | number, completeOnly = false) {
    this.shape = new MessageShape(expectedId);
    this.result = completeOnly ? new ResultWatch() : undefined;
    this.keptDepth = completeOnly ? 2 : 1;
  }

  /** @returns false once the text cannot become a message any more */
  push(piece: Buffer): boolean {
    if (this.state === BROKEN) return false;
    try {
      this.decoder.decode(piece, { stream: true });
    } catch {
      this.state = BROKEN;
      return false;
    }
    for (let i = 0; i < piece.length; i++) {
      if (!this.step(piece[i] as number)) {
        this.state = BROKEN;
        return false;
      }
    }
    return true;
  }

  /** An outer member `error` has begun. */
  get hasError(): boolean {
    return this.outerNames.has('error');
  }

  /** Says what the message was; call it at the end of the text. */
  end(): MessageKind {
    return this.state === DONE ? this.shape.toKind() : 'invalid';
  }

  private step(c: number): boolean {
    switch (this.state) {
      case STRING:
        this.keep(c);
        return this.inString(c);
      case ESCAPE:
        this.keep(c);
        return this.inEscape(c);
      case HEX:
        this.keep(c);
        return this.inHex(c);
      case NUMBER:
        if (isNumberByte(c)) {
          this.keep(c);
          this.number += String.fromCharCode(c);
          return this.number.length < MAX_KEPT;
        }
        return NUMBER_GRAMMAR.test(this.number) && this.closeValue() && this.step(c);
      case WORD:
        this.keep(c);
        if (c !== this.word.charCodeAt(this.wordAt++)) return false;
        return this.wordAt < this.word.length || this.closeValue();
      default:
        return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09 || this.between(c);
    }
  }

  private between(c: number): boolean {
    switch (this.state) {
      case VALUE:
        return this.openValue(c);
      case FIRST_ITEM:
        return c === 0x5d ? this.closeContainer(c) : this.openValue(c);
      case FIRST_NAME:
        return c === 0x7d ? this.closeContainer(c) : this.openName(c);
      case NAME:
        return this.openName(c);
      case COLON:
        this.state = VALUE;
        return c === 0x3a;
      case AFTER:
        if (c !== 0x2c) return this.closeContainer(c);
        this.state = this.stack[this.depth - 1] === 0x7b ? NAME : VALUE;
        return true;
      default:
        return false;
    }
  }

  private openName(c: number): boolean {
    if (c !== 0x22) return false;
    this.inName = true;
    this.state = STRING;
    if (this.depth === 1) this.kept = [c];
    else if (this.depth === 2 && this.inResult) this.result?.begin(c);
    return true;
  }

  private openValue(c: number): boolean {
    // Only an object can be a message.
    if (this.depth === 0 && c !== 0x7b) return false;
    if (this.depth === 1) this.kept = [c];
    else if (this.depth === 2 && this.inResult) this.result?.begin(c);
    if (c === 0x7b || c === 0x5b) {
      if (this.depth === MAX_DEPTH) return false;
      if (this.depth === 1) this.inResult = c === 0x7b && this.outerName === 'result';
      this.stack[this.depth++] = c;
      this.state = c === 0x7b ? FIRST_NAME : FIRST_ITEM;
      return true;
    }
    if (c === 0x22) {
      this.state = STRING;
      return true;
    }
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      this.number = String.fromCharCode(c);
      this.state = NUMBER;
      return true;
    }
    this.word = c === 0x74 ? 'true' : c === 0x66 ? 'false' : c === 0x6e ? 'null' : '';
    this.wordAt = 1;
    this.state = WORD;
    return this.word !== '';
  }

  private closeContainer(c: number): boolean {
    if (this.depth === 0 || c !== (this.stack[this.depth - 1] === 0x7b ? 0x7d : 0x5d)) return false;
    this.depth--;
    return this.closeValue();
  }

  private closeValue(): boolean {
    this.state = this.depth === 0 ? DONE : AFTER;
    if (this.depth === 2 && this.inResult && this.result?.endValue() === false) return false;
    if (this.depth !== 1 || this.kept === undefined) return true;
    const value = Buffer.from(this.kept);
    this.kept = undefined;
    this.shape.add(this.outerName, value, 0, value.length);
    return true;
  }

  private inString(c: number): boolean {
    if (this.highSurrogate && c !== 0x5c) return false;
    if (c === 0x5c) this.state = ESCAPE;
    else if (c === 0x22) return this.closeString();
    return c >= 0x20;
  }

  private closeString(): boolean {
    if (!this.inName) return this.closeValue();
    this.inName = false;
    this.state = COLON;
    if (this.depth === 2 && this.inResult && this.result?.endName() === false) return false;
    if (this.depth !== 1) return true;
    if ((this.kept?.length ?? 0) >= MAX_KEPT) return false;
    const literal = Buffer.from(this.kept ?? []);
    this.outerName = JSON.parse(literal.toString('utf8')) as string;
    this.kept = undefined;
    if (this.outerNames.has(this.outerName) || this.outerNames.size > 16) return false;
    if (this.result?.isOuterLookalike(literal) === true) return false;
    this.outerNames.add(this.outerName);
    return true;
  }

  private inEscape(c: number): boolean {
    if (c === 0x75) {
      this.state = HEX;
      this.hexLeft = 4;
      this.unit = 0;
      return true;
    }
    this.state = STRING;
    return !this.highSurrogate && '"\\/bfnrt'.includes(String.fromCharCode(c));
  }

  private inHex(c: number): boolean {
    const digit = Number.parseInt(String.fromCharCode(c), 16);
    if (Number.isNaN(digit)) return false;
    this.unit = this.unit * 16 + digit;
    if (--this.hexLeft > 0) return true;
    this.state = STRING;
    if (this.inName && this.unit === 0) return false;
    const isLow = this.unit >= 0xdc00 && this.unit <= 0xdfff;
    if (isLow !== this.highSurrogate) return false;
    this.highSurrogate = this.unit >= 0xd800 && this.unit < 0xdc00;
    return true;
  }

  /** Keeps the bytes of outer names and scalars; a name longer than any of the protocol breaks the message when cut. */
  private keep(c: number): void {
    if (this.depth > this.keptDepth) return;
    if (this.depth === 2) {
      if (this.inResult) this.result?.keep(c);
    } else if (this.kept !== undefined && this.kept.length < MAX_KEPT) {
      this.kept.push(c);
    }
  }
}

function isNumberByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2e || c === 0x65 || c === 0x45 || c === 0x2b || c === 0x2d;
}
