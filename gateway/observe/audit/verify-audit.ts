// Proves an audit trail: that no line of it was changed, removed, inserted or put elsewhere since it was written.
import { createHash, type Hash } from 'node:crypto';
import { type Break, type ChainState, proveLine } from './chain-proof.ts';
import type { CheckpointProver } from './checkpoint-key.ts';
import type { AuditLine } from './parse-line.ts';
import { LINE_BEGINS, parseLine } from './parse-line.ts';
import { LONGEST_LINE_BYTES } from './read-tail.ts';
import { LineSplitter, type SplitLine } from './split-lines.ts';

export interface AuditFile {
  readonly name: string;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface VerifyOptions {
  /** Keys whose signatures count; undefined: signatures are not looked at. */
  readonly provers: readonly CheckpointProver[] | undefined;
  /** Lines that do not begin as those of an audit trail are passed over: the log may share standard output. */
  readonly mixed: boolean;
}

export interface AuditReport {
  /** The first line that is not as it was written. */
  readonly broken: { readonly file: string; readonly line: number; readonly why: Break } | undefined;
  readonly lines: number;
  readonly requests: number;
  /** Lines that the process says it had to drop. */
  readonly dropped: number;
  readonly checkpoints: number;
  /** Lines passed over. */
  readonly foreign: number;
  /** Processes that began again without having ended before: each may have lost the lines of one flush interval. */
  readonly crashes: number;
  readonly lastCheckpoint: Pick<AuditLine, 'process' | 'seq' | 'time'> | undefined;
  readonly chains: readonly ChainState[];
}

/** Reads the files as one, in this order. */
export async function verifyAudit(files: readonly AuditFile[], options: VerifyOptions): Promise<AuditReport> {
  const verification = new Verification(options);
  for (const file of files) {
    const splitter = new LineSplitter(LONGEST_LINE_BYTES + 1);
    verification.beginFile(file.name);
    for await (const chunk of file.chunks) {
      for (const line of splitter.push(chunk)) verification.take(line);
      if (verification.isSettled) return verification;
    }
    for (const line of splitter.end()) verification.take(line);
    verification.endFile();
  }
  return verification;
}

/** More processes than this never wrote to one place. */
const MOST_CHAINS = 10_000;

class Verification implements AuditReport {
  broken: AuditReport['broken'];
  lines = 0;
  requests = 0;
  dropped = 0;
  checkpoints = 0;
  foreign = 0;
  crashes = 0;
  lastCheckpoint: AuditReport['lastCheckpoint'];
  private readonly options: VerifyOptions;
  private readonly states = new Map<string, ChainState>();
  private file = '';
  private line = 0;
  /** Bytes that are no line; a header behind them may name them as what a crash left. */
  private torn: { readonly line: number; readonly digest: Hash; bytes: number } | undefined;
  /** The line that should have stood where the break is: coming later, it tells that lines changed places. */
  private missing: { readonly process: string; readonly seq: number; readonly prev: string } | undefined;

  constructor(options: VerifyOptions) {
    this.options = options;
  }

  get chains(): readonly ChainState[] {
    return [...this.states.values()];
  }

  /** Nothing that follows can say more. */
  get isSettled(): boolean {
    return this.broken !== undefined && this.missing === undefined;
  }

  beginFile(name: string): void {
    this.file = name;
    this.line = 0;
  }

  take({ bytes, isWhole }: SplitLine): void {
    this.line++;
    if (this.broken !== undefined) {
      this.lookForMissing(bytes);
      return;
    }
    if (this.options.mixed && !bytes.subarray(0, LINE_BEGINS.length).equals(BEGINS)) {
      this.foreign++;
      return;
    }
    const line = parseLine(bytes);
    if (!isWhole) this.break(this.torn === undefined ? 'torn' : 'changed', this.torn?.line);
    else if (line === undefined) this.takeTorn(bytes);
    else if (this.torn === undefined ? hasOwn(line, 'torn') : !names(line, this.torn))
      this.break(this.torn === undefined ? 'removed' : 'changed', this.torn?.line);
    else this.prove(line);
  }

  endFile(): void {
    if (this.torn !== undefined && this.broken === undefined) this.break('changed', this.torn.line);
    this.torn = undefined;
  }

  private takeTorn(bytes: Buffer): void {
    if (this.torn === undefined) {
      this.torn = { line: this.line, digest: createHash('sha256').update(bytes), bytes: bytes.length };
      return;
    }
    this.torn.digest.update(LINE_FEED).update(bytes);
    this.torn.bytes += LINE_FEED.length + bytes.length;
    if (this.torn.bytes > 2 * LONGEST_LINE_BYTES) this.break('changed', this.torn.line);
  }

  private prove(line: AuditLine): void {
    this.torn = undefined;
    const before = this.states.get(line.process);
    const wasOpen = before?.hasEnded === false;
    const proven = proveLine(before, line, this.options.provers);
    if (proven.broken !== undefined || this.states.size >= MOST_CHAINS) {
      const why = proven.broken ?? 'inserted';
      if (why === 'removed' && before !== undefined)
        this.missing = { process: line.process, seq: before.last.seq + 1, prev: before.last.hash };
      this.break(why);
      return;
    }
    this.states.set(line.process, proven.state);
    this.count(line);
    if (line.kind === 'header' && line.members['why'] === 'start' && wasOpen) this.crashes++;
  }

  private count(line: AuditLine): void {
    this.lines++;
    if (line.kind === 'request') this.requests++;
    if (line.kind === 'dropped' && typeof line.members['count'] === 'number') this.dropped += line.members['count'];
    if (line.kind !== 'checkpoint') return;
    this.checkpoints++;
    const { process, seq, time } = line;
    this.lastCheckpoint = { process, seq, time };
  }

  private break(why: Break, line = this.line): void {
    this.broken ??= { file: this.file, line, why };
  }

  private lookForMissing(bytes: Buffer): void {
    if (this.missing === undefined || this.broken === undefined) return;
    const line = parseLine(bytes);
    const { process, seq, prev } = this.missing;
    if (line?.process !== process || line.seq !== seq || line.prev !== prev) return;
    this.broken = { ...this.broken, why: 'reordered' };
    this.missing = undefined;
  }
}

const BEGINS = Buffer.from(LINE_BEGINS);
const LINE_FEED = Buffer.from('\n');

function hasOwn({ members }: AuditLine, key: string): boolean {
  return Object.hasOwn(members, key);
}

/** Whether this is a header that names these very bytes. */
function names({ kind, members }: AuditLine, found: { readonly digest: Hash; readonly bytes: number }): boolean {
  const torn = members['torn'];
  if (kind !== 'header' || typeof torn !== 'object' || torn === null) return false;
  if (!('bytes' in torn) || torn.bytes !== found.bytes || !('sha256' in torn)) return false;
  return torn.sha256 === found.digest.digest('hex');
}
