// Cuts a stream of server-sent events into whole blocks without changing a byte (HTML standard, "Server-sent events").

/** One block: everything up to and with the blank line that ends it. */
export interface SseBlock {
  /** The bytes as they came. */
  readonly bytes: Buffer;
  /** The value of its `data` fields joined by line feeds; undefined when it has none. */
  readonly data: Buffer | undefined;
}

const DATA = Buffer.from('data');
const LF = Buffer.from('\n');

/**
 * Splits bytes that arrive in arbitrary pieces. Lines end with LF, CR LF or CR. Each byte is looked at once; bytes are
 * copied only when a block spans pieces. A comment between blocks is handed on as soon as its line ends, because
 * keep-alives come as single lines.
 */
export class SseSplitter {
  private readonly maxBytes: number;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** First byte of the line being read, or 0 while it is empty. */
  private lineStart = 0;
  private blockHasField = false;
  private afterCr = false;
  private isFirst = true;

  constructor(maxBlockBytes: number) {
    this.maxBytes = maxBlockBytes;
  }

  /** True when no half block is held back; the LF of a CR LF that closed a block is none. */
  get isClean(): boolean {
    return this.lineStart === 0 && !this.blockHasField;
  }

  /**
   * Takes one piece and hands on each block it completes.
   *
   * @returns false when a block grows beyond the limit or the stream begins with a byte order mark, which readers
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
        if (this.lineStart === 0) this.lineStart = c;
        continue;
      }
      if (c === 0x0d) {
        if (i + 1 === piece.length) this.afterCr = true;
        else if (piece[i + 1] === 0x0a) i++;
      }
      if (this.endLine()) {
        this.emit(piece, start, i + 1, onBlock);
        start = i + 1;
      }
    }
    if (start < piece.length) {
      this.pending.push(start === 0 ? piece : piece.subarray(start));
      this.pendingBytes += piece.length - start;
    }
    return this.pendingBytes <= this.maxBytes;
  }

  /** @returns whether the line that ends here ends a block too */
  private endLine(): boolean {
    const first = this.lineStart;
    this.lineStart = 0;
    if (first === 0) {
      this.blockHasField = false;
      return true;
    }
    if (first !== 0x3a) this.blockHasField = true;
    return !this.blockHasField;
  }

  private emit(piece: Buffer, start: number, end: number, onBlock: (block: SseBlock) => void): void {
    const tail = piece.subarray(start, end);
    const bytes = this.pendingBytes === 0 ? tail : Buffer.concat([...this.pending, tail]);
    this.pending = [];
    this.pendingBytes = 0;
    onBlock({ bytes, data: findData(bytes) });
  }
}

function findData(block: Buffer): Buffer | undefined {
  let first: Buffer | undefined;
  let all: Buffer[] | undefined;
  for (let at = 0; at < block.length; ) {
    let end = at;
    while (end < block.length && block[end] !== 0x0a && block[end] !== 0x0d) end++;
    const value = toDataValue(block, at, end);
    if (value !== undefined) {
      if (first === undefined) first = value;
      else (all ??= [first]).push(LF, value);
    }
    at = block[end] === 0x0d && block[end + 1] === 0x0a ? end + 2 : end + 1;
  }
  return all === undefined ? first : Buffer.concat(all);
}

function toDataValue(block: Buffer, start: number, end: number): Buffer | undefined {
  if (end - start < 4 || block.compare(DATA, 0, 4, start, start + 4) !== 0) return undefined;
  if (end - start === 4) return block.subarray(end, end);
  if (block[start + 4] !== 0x3a) return undefined;
  return block.subarray(block[start + 5] === 0x20 && start + 5 < end ? start + 6 : start + 5, end);
}
