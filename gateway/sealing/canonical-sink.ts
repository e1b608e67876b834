// Where a canonical text goes: into a digest, without ever standing whole in memory.
import { createHash, type Hash, hash } from 'node:crypto';

const CHUNK_BYTES = 16 * 1024;
/** Longer runs are copied by the machine, shorter ones byte by byte. */
const SHORT_RUN = 32;
/** One for all: nothing is awaited between the first byte and the digest. */
const chunk = Buffer.alloc(CHUNK_BYTES);

/** Collects bytes for one SHA-256. One at a time. */
export class CanonicalSink {
  private used = 0;
  private long: Hash | undefined;

  put(byte: number): void {
    if (this.used === CHUNK_BYTES) this.flush();
    chunk[this.used++] = byte;
  }

  /**
   * Lets `write` put at most `room` bytes.
   *
   * @param write told where to begin; returns behind what it wrote
   */
  fill<T>(room: number, from: T, write: (from: T, bytes: Buffer, at: number) => number): void {
    if (room > CHUNK_BYTES) {
      const bytes = Buffer.allocUnsafe(room);
      this.copy(bytes, 0, write(from, bytes, 0));
      return;
    }
    if (room > CHUNK_BYTES - this.used) this.flush();
    this.used = write(from, chunk, this.used);
  }

  /** Takes `text` from `start` up to `end` as it is. */
  copy(text: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > CHUNK_BYTES - this.used) this.flush();
    if (length > CHUNK_BYTES) {
      this.long?.update(text.subarray(start, end));
      return;
    }
    if (length > SHORT_RUN) text.copy(chunk, this.used, start, end);
    else for (let i = 0; i < length; i++) chunk[this.used + i] = text[start + i] as number;
    this.used += length;
  }

  /** @returns SHA-256 in base64url */
  digest(): string {
    if (this.long === undefined) return hash('sha256', chunk.subarray(0, this.used), 'base64url');
    this.flush();
    return this.long.digest('base64url');
  }

  private flush(): void {
    this.long ??= createHash('sha256');
    this.long.update(chunk.subarray(0, this.used));
    this.used = 0;
  }
}
