// Cuts a stream of server-sent events into whole blocks without changing a byte (HTML standard, "Server-sent events").
import { DATA, EVENT, findLineEnd, findNextLine, findValue } from './sse-line.ts';

/** One block: everything up to and with the blank line that ends it. */
export interface SseBlock {
  /** The bytes as they came. */
  readonly bytes: Buffer;
  /** The value of its `data` fields joined by line feeds; undefined when it has none. */
  readonly data: Buffer | undefined;
  /** Its type is `message`, named or by default: the only one MCP clients read. */
  readonly isMessage: boolean;
}

const NOTHING = Buffer.alloc(0);
const SMALL_BLOCK = 256;
/** Each line of an event costs memory of its own; JSON on more lines than this is nobody's. */
const MAX_LINES = 100_000;
const LARGE_BLOCK = 2 * 1024 * 1024;
const LF = Buffer.from('\n');

/**
 * Splits bytes that arrive in arbitrary pieces. Lines end with LF, CR LF or CR. Each byte is looked at once; bytes are
 * copied only when a block spans pieces. A comment between blocks is handed on as soon as its line ends, because
 * keep-alives come as single lines.
 */
export class SseSplitter {
  private readonly maxBytes: number;
  /** Holds a half block in its first `pendingBytes` bytes. */
  private pending: Buffer = NOTHING;
  private pendingBytes = 0;
  private lastBytes = SMALL_BLOCK;
  /** First byte of the line being read, or -1 while it is empty. */
  private lineStart = -1;
  private blockHasField = false;
  private afterCr = false;
  private isFirst = true;
  /** Of the block that is read now. */
  private lines = 0;

  constructor(maxBlockBytes: number) {
    this.maxBytes = maxBlockBytes;
  }

  /** True when no half block is held back; the LF of a CR LF that closed a block is none. */
  get isClean(): boolean {
    return this.lineStart === -1 && !this.blockHasField;
  }

  /**
   * Takes one piece and hands on each block it completes.
   *
   * @returns false when a block grows beyond the limit, has too many lines, or the stream begins with a byte order mark, which readers
   *   treat differently; nothing more may be fed then
   */
  push(piece: Buffer, onBlock: (block: SseBlock) => void): boolean {
    if (piece.length === 0) return true;
    if (this.isFirst && piece[0] === 0xef) return false;
    this.isFirst = false;
    let start = 0;
    // The block was handed on at the CR; its LF travels in front of the next one.
    let i = this.afterCr && piece[0] === 0x0a ? 1 : 0;
    this.afterCr = false;
    for (; i < piece.length; i++) {
      const c = piece[i] as number;
      if (c !== 0x0a && c !== 0x0d) {
        if (this.lineStart === -1) this.lineStart = c;
        continue;
      }
      if (c === 0x0d) {
        if (i + 1 === piece.length) this.afterCr = true;
        else if (piece[i + 1] === 0x0a) i++;
      }
      if (++this.lines > MAX_LINES) return false;
      if (this.endLine()) {
        this.lines = 0;
        if (this.pendingBytes + i + 1 - start > this.maxBytes) return false;
        this.emit(piece, start, i + 1, onBlock);
        start = i + 1;
      }
    }
    if (start < piece.length) this.hold(piece, start, piece.length);
    return this.pendingBytes <= this.maxBytes;
  }

  /** Copies: a stream that trickles in byte by byte must not cost a buffer for each. */
  private hold(piece: Buffer, start: number, end: number): void {
    const needed = this.pendingBytes + end - start;
    if (needed > this.pending.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.pending.length * 2, this.lastBytes));
      this.pending.copy(wider, 0, 0, this.pendingBytes);
      this.pending = wider;
    }
    piece.copy(this.pending, this.pendingBytes, start, end);
    this.pendingBytes = needed;
  }

  /** @returns whether the line that ends here ends a block too */
  private endLine(): boolean {
    const first = this.lineStart;
    this.lineStart = -1;
    if (first === -1) {
      this.blockHasField = false;
      return true;
    }
    if (first !== 0x3a) this.blockHasField = true;
    return !this.blockHasField;
  }

  private emit(piece: Buffer, start: number, end: number, onBlock: (block: SseBlock) => void): void {
    if (this.pendingBytes === 0) {
      onBlock(readBlock(piece.subarray(start, end)));
      return;
    }
    this.hold(piece, start, end);
    // The buffer goes with the block; the next one is likely to need as much.
    const bytes = this.pending.subarray(0, this.pendingBytes);
    this.lastBytes = Math.min(this.pendingBytes, LARGE_BLOCK);
    this.pending = NOTHING;
    this.pendingBytes = 0;
    onBlock(readBlock(bytes));
  }
}

function readBlock(bytes: Buffer): SseBlock {
  let first: Buffer | undefined;
  let all: Buffer[] | undefined;
  let isMessage = true;
  for (let at = 0; at < bytes.length; ) {
    const end = findLineEnd(bytes, at);
    const data = findValue(bytes, at, end, DATA);
    if (data !== undefined) {
      if (first === undefined) first = data;
      else (all ??= [first]).push(LF, data);
    }
    const type = findValue(bytes, at, end, EVENT);
    if (type !== undefined) isMessage = type.length === 0 || type.toString('latin1') === 'message';
    at = findNextLine(bytes, end);
  }
  return { bytes, data: all === undefined ? first : Buffer.concat(all), isMessage };
}
