// Cuts bytes into lines as they come, holding no more than one line.

export interface SplitLine {
  /** Without the line feed; a line that is too long is cut. */
  readonly bytes: Buffer;
  /** False for a last line without a line feed. */
  readonly isWhole: boolean;
}

const LINE_FEED = 0x0a;

export class LineSplitter {
  private readonly longest: number;
  private rest: Buffer[] = [];
  private restBytes = 0;

  /** @param longest bytes of a line that are kept */
  constructor(longest: number) {
    this.longest = longest;
  }

  *push(chunk: Buffer): Generator<SplitLine> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.keep(chunk.subarray(from, end));
      yield { bytes: this.take(), isWhole: true };
      from = end + 1;
    }
    this.keep(chunk.subarray(from));
  }

  /** The last line, when it has no line feed. */
  *end(): Generator<SplitLine> {
    if (this.restBytes > 0) yield { bytes: this.take(), isWhole: false };
  }

  private keep(piece: Buffer): void {
    const room = this.longest - this.restBytes;
    if (piece.length === 0 || room <= 0) return;
    this.rest.push(piece.subarray(0, room));
    this.restBytes += Math.min(piece.length, room);
  }

  private take(): Buffer {
    const [first] = this.rest;
    const line = this.rest.length === 1 && first !== undefined ? first : Buffer.concat(this.rest);
    this.rest = [];
    this.restBytes = 0;
    return line;
  }
}
