// The audit trail of one process: a hash chain of lines, written in batches, with a bound on what waits to be written.
import type { AuditEntry } from './audit-entry.ts';
import type { AuditSink, Turn } from './audit-sink.ts';
import { Chain, type LineKind } from './chain.ts';
import { makeCheckpointSigner } from './checkpoint-key.ts';
import { openFileSink } from './file-sink.ts';
import { formatEntry } from './format-entry.ts';
import { makeIsoTime } from './iso-time.ts';
import { LineWriter } from './line-writer.ts';
import type { Tail } from './read-tail.ts';
import { makeStdoutSink } from './stdout-sink.ts';

export interface AuditSettings {
  readonly to: 'stdout' | { readonly file: string };
  readonly onFull: 'block' | 'drop';
  readonly flushEveryMs: number;
  /** Lines between two checkpoints. */
  readonly checkpointEvery: number;
  /** PEM of a private Ed25519 key. */
  readonly checkpointKey: string | undefined;
  readonly rotateAtBytes: number | undefined;
}

export interface AuditDeps {
  /** Tells the chains of several processes apart; the same one after a restart. At most 200 characters. */
  readonly process: string;
  readonly nowEpochMs: () => number;
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
  /** So many random bytes. */
  readonly random: (bytes: number) => Buffer;
  readonly onWritten: (lines: number) => void;
  readonly onDropped: (lines: number) => void;
  readonly onFailure: (error: unknown) => void;
}

export interface AuditTrail {
  /** Takes the entry of a request that has ended; never throws, never waits. */
  write(entry: AuditEntry): void;
  /** More waits to be written than should. With `onFull: block` no request may begin now; with `drop` lines are lost. */
  readonly isFull: boolean;
  /** Resolves when it is not full. */
  whenReady(): Promise<void>;
  /** Resolves when all entries taken so far have been written. */
  flush(): Promise<void>;
  /** Goes on in a new file of the configured name, after somebody has renamed the present one; the chain goes on. */
  reopen(): Promise<void>;
  /** Ends the chain and writes all of it, for at most two seconds. */
  close(): Promise<void>;
}

/** Of the format of lines. */
const VERSION = 1;
/** Some thousand lines. */
const FULL_BYTES = 4 * 1024 * 1024;
const ROOM_BYTES = FULL_BYTES / 2;
/** Requests that had begun before it was full end all the same; beyond this their lines are lost too. */
const HARD_BYTES = 32 * 1024 * 1024;
const CLOSE_WITHIN_MS = 2000;
const NEW_FILE: Pick<Tail, 'last' | 'torn' | 'isOpen'> = { last: undefined, torn: undefined, isOpen: false };

/** Opens the file and goes on with the chain in it. Throws when it cannot be opened, or the key is no Ed25519 key. */
export function makeAuditTrail(settings: AuditSettings, deps: AuditDeps): AuditTrail {
  const signer = settings.checkpointKey === undefined ? undefined : makeCheckpointSigner(settings.checkpointKey);
  const opened =
    settings.to === 'stdout'
      ? { sink: makeStdoutSink(deps), tail: NEW_FILE, size: 0 }
      : openFileSink(settings.to.file, deps.process, deps);
  const chain = new Chain(deps.process, opened.tail.last, signer);
  const trail = new Trail(settings, { ...deps, sink: opened.sink, chain, keyId: signer?.keyId });
  trail.begin(opened.tail, opened.size);
  return trail;
}

interface TrailDeps extends AuditDeps {
  readonly sink: AuditSink;
  readonly chain: Chain;
  readonly keyId: string | undefined;
}

class Trail implements AuditTrail {
  isFull = false;
  private readonly settings: AuditSettings;
  private readonly deps: TrailDeps;
  private readonly writer: LineWriter;
  private readonly waiting: (() => void)[] = [];
  /** Of the file that lines are for now, those that wait included. */
  private fileBytes = 0;
  private sinceCheckpoint = 0;
  private lost = 0;
  private lostSince = 0;
  private closing: Promise<void> | undefined;

  constructor(settings: AuditSettings, deps: TrailDeps) {
    this.settings = settings;
    this.deps = deps;
    const { sink, startTimer, onFailure } = deps;
    this.writer = new LineWriter({
      sink,
      flushEveryMs: settings.flushEveryMs,
      startTimer,
      onFailure,
      onWritten: (lines) => this.noteWritten(lines),
    });
  }

  begin({ torn, isOpen }: Pick<Tail, 'torn' | 'isOpen'>, size: number): void {
    this.fileBytes = size;
    const named = torn === undefined ? '' : `,"torn":{"bytes":${torn.bytes},"sha256":"${torn.sha256}"}`;
    this.addHeader('start', named, isOpen ? '\n' : '');
  }

  write(entry: AuditEntry): void {
    if (this.closing !== undefined || this.mustDrop()) {
      if (this.lost++ === 0) this.lostSince = this.deps.nowEpochMs();
      this.deps.onDropped(1);
      return;
    }
    if (!this.isFull) this.tellLost();
    this.add('request', formatEntry(entry));
  }

  async whenReady(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  flush(): Promise<void> {
    return this.writer.flush();
  }

  reopen(): Promise<void> {
    if (this.settings.to === 'stdout' || this.closing !== undefined) return Promise.resolve();
    this.turn('reopen');
    return this.writer.flush();
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.tellLost();
    this.addCheckpoint('close');
    this.writer.afterwards('sync');
    const givenUp = await this.writer.close(CLOSE_WITHIN_MS);
    this.isFull = false;
    for (const wake of this.waiting.splice(0)) wake();
    // A write that still hangs holds the file.
    if (givenUp > 0) this.deps.onDropped(givenUp);
    else await this.deps.sink.close().catch(this.deps.onFailure);
  }

  private mustDrop(): boolean {
    return this.isFull && (this.settings.onFull === 'drop' || this.writer.bytes >= HARD_BYTES);
  }

  private tellLost(): void {
    if (this.lost === 0) return;
    const count = this.lost;
    this.lost = 0;
    this.add('dropped', `,"count":${count},"since":"${makeIsoTime()(this.lostSince)}"`);
  }

  private add(kind: LineKind, members: string): void {
    this.push(kind, members);
    this.sinceCheckpoint++;
    const { checkpointEvery, rotateAtBytes, to } = this.settings;
    if (to !== 'stdout' && rotateAtBytes !== undefined && this.fileBytes >= rotateAtBytes) this.turn('rotate');
    else if (this.sinceCheckpoint >= checkpointEvery) {
      this.addCheckpoint('count');
      this.writer.afterwards('sync');
    }
  }

  /** One file ends with a checkpoint, the next one begins with a header. */
  private turn(how: Turn): void {
    this.addCheckpoint(how);
    this.writer.afterwards(how);
    this.fileBytes = 0;
    this.addHeader(how, '', '');
  }

  private addHeader(why: 'start' | Turn, more: string, before: string): void {
    const { random, keyId } = this.deps;
    const nonce = random(16).toString('hex');
    const key = keyId === undefined ? '' : `,"key":"${keyId}"`;
    const { checkpointEvery } = this.settings;
    const members = `,"version":${VERSION},"why":"${why}","checkpointEvery":${checkpointEvery},"nonce":"${nonce}"${key}`;
    this.push('header', members + more, before);
    this.sinceCheckpoint = 0;
  }

  private addCheckpoint(why: 'count' | 'close' | Turn): void {
    const { keyId } = this.deps;
    this.push('checkpoint', `,"why":"${why}"${keyId === undefined ? '' : `,"key":"${keyId}"`}`);
    this.sinceCheckpoint = 0;
  }

  private push(kind: LineKind, members: string, before = ''): void {
    const line = before + this.deps.chain.append(kind, members, this.deps.nowEpochMs());
    this.fileBytes += line.length;
    this.writer.push(line);
    if (this.writer.bytes >= FULL_BYTES) this.isFull = true;
  }

  private noteWritten(lines: number): void {
    this.deps.onWritten(lines);
    if (!this.isFull || this.writer.bytes > ROOM_BYTES) return;
    this.isFull = false;
    this.tellLost();
    for (const wake of this.waiting.splice(0)) wake();
  }
}
