// Makes trace and span ids: random bytes are fetched many at a time, because asking for eight costs about as much as for thousands.

const POOL_BYTES = 16 * 1024;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

export class SpanIds {
  private readonly pool = Buffer.alloc(POOL_BYTES);
  private readonly fill: (bytes: Buffer) => void;
  private at = POOL_BYTES;

  /** @param fill overwrites bytes with random ones */
  constructor(fill: (bytes: Buffer) => void) {
    this.fill = fill;
  }

  /** 32 lower-case hexadecimal digits. */
  makeTraceId(): string {
    return this.take(TRACE_ID_BYTES);
  }

  /** 16 lower-case hexadecimal digits. */
  makeSpanId(): string {
    return this.take(SPAN_ID_BYTES);
  }

  private take(bytes: number): string {
    for (;;) {
      if (this.at + bytes > POOL_BYTES) {
        this.fill(this.pool);
        this.at = 0;
      }
      const start = this.at;
      this.at += bytes;
      const id = this.pool.toString('hex', start, this.at);
      // All zeros would stand for no id (W3C Trace Context section 3.2.2).
      for (let i = start; i < this.at; i++) if (this.pool[i] !== 0) return id;
    }
  }
}
