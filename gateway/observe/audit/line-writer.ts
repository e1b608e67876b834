// Gathers lines and writes them in batches, one write at a time; what cannot be written is kept and tried again.
import type { AuditSink, Turn } from './audit-sink.ts';

export interface LineWriterDeps {
  readonly sink: AuditSink;
  /** The longest a line waits before it is written. */
  readonly flushEveryMs: number;
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
  /** So many lines have been written, and their bytes are free again. */
  readonly onWritten: (lines: number) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Batch {
  readonly lines: string[];
  bytes: number;
  /** What is to be done once it is written. */
  next: Turn | 'sync' | undefined;
}

/** Lines worth this much do not wait for their time. */
const ENOUGH_BYTES = 64 * 1024;
const LARGEST_BATCH_BYTES = 256 * 1024;
const RETRY_MS = 1000;

/** Lines are ASCII: their length is their size. */
export class LineWriter {
  /** Bytes that are not written yet. */
  bytes = 0;
  private readonly deps: LineWriterDeps;
  private readonly queue: Batch[] = [];
  private open: Batch = makeBatch();
  /** The batch that is being written, and how far. */
  private current: { readonly batch: Batch; readonly bytes: Buffer; from: number } | undefined;
  /** Batches closed, and batches done with, since the beginning. */
  private closed = 0;
  private done = 0;
  private waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  private isBusy = false;
  private isStopped = false;
  private stopTimer: (() => void) | undefined;
  private hasFailed = false;

  constructor(deps: LineWriterDeps) {
    this.deps = deps;
  }

  push(line: string): void {
    this.open.lines.push(line);
    this.open.bytes += line.length;
    this.bytes += line.length;
    if (this.open.bytes >= LARGEST_BATCH_BYTES) this.closeBatch(undefined);
    if (this.bytes >= ENOUGH_BYTES) this.start();
    else this.startTimer(this.deps.flushEveryMs);
  }

  /** After all that was pushed so far, and before what is pushed from now on. */
  afterwards(what: Turn | 'sync'): void {
    this.closeBatch(what);
    this.start();
  }

  /** Resolves when all that was pushed so far has been written. */
  flush(): Promise<void> {
    if (this.open.lines.length > 0) this.closeBatch(undefined);
    if (this.done === this.closed) return Promise.resolve();
    const flushed = new Promise<void>((resolve) => this.waiting.push({ until: this.closed, resolve }));
    this.start();
    return flushed;
  }

  /**
   * Writes what is left, however often that takes, but no longer than this.
   *
   * @returns how many lines were given up
   */
  async close(withinMs: number): Promise<number> {
    this.hasFailed = false;
    let timer: NodeJS.Timeout | undefined;
    // This one keeps the process alive: nothing else may be left that does.
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    this.isStopped = true;
    this.stopTimer?.();
    const left = [this.current?.batch, ...this.queue, this.open];
    return left.reduce((lines, batch) => lines + (batch?.lines.length ?? 0), 0);
  }

  private closeBatch(what: Batch['next']): void {
    this.open.next = what;
    this.queue.push(this.open);
    this.open = makeBatch();
    this.closed++;
  }

  /** Writes now, but for what waits to be tried again. */
  private start(): void {
    if (!this.isBusy && !this.hasFailed && !this.isStopped) void this.work();
  }

  private startTimer(delayMs: number): void {
    if (this.stopTimer !== undefined || this.isStopped) return;
    this.stopTimer = this.deps.startTimer(delayMs, () => {
      this.stopTimer = undefined;
      this.hasFailed = false;
      if (this.open.lines.length > 0) this.closeBatch(undefined);
      this.start();
    });
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    try {
      while (!this.isStopped && this.takeBatch()) await this.writeCurrent();
    } catch (error) {
      this.hasFailed = true;
      this.deps.onFailure(error);
    }
    this.isBusy = false;
    if (!this.hasFailed && this.bytes === 0) return;
    if (this.hasFailed) {
      this.stopTimer?.();
      this.stopTimer = undefined;
    }
    this.startTimer(this.hasFailed ? RETRY_MS : this.deps.flushEveryMs);
  }

  /** @returns false when there is nothing that must be written now */
  private takeBatch(): boolean {
    if (this.current !== undefined) return true;
    if (this.queue.length === 0 && this.bytes >= ENOUGH_BYTES) this.closeBatch(undefined);
    const batch = this.queue.shift();
    if (batch === undefined) return false;
    this.current = { batch, bytes: Buffer.from(batch.lines.join(''), 'latin1'), from: 0 };
    return true;
  }

  private async writeCurrent(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    while (current.from < current.bytes.length) {
      if (this.isStopped) return;
      current.from += await this.deps.sink.write(current.bytes, current.from);
    }
    const { lines, bytes, next } = current.batch;
    // What cannot be synced has been written all the same.
    if (next === 'sync') await this.deps.sink.sync().catch(this.deps.onFailure);
    else if (next !== undefined) await this.deps.sink.turn(next);
    this.current = undefined;
    this.bytes -= bytes;
    this.done++;
    this.deps.onWritten(lines.length);
    while (this.waiting[0] !== undefined && this.waiting[0].until <= this.done) this.waiting.shift()?.resolve();
  }
}

function makeBatch(): Batch {
  return { lines: [], bytes: 0, next: undefined };
}
