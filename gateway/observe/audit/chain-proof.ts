// Proves one chain of an audit trail, line by line.
import { type ChainEnd, NO_LINE } from './chain.ts';
import type { CheckpointProver } from './checkpoint-key.ts';
import type { AuditLine } from './parse-line.ts';

/** Why a line is the first that is not as it was written. */
export type Break =
  | 'changed' // it is no line, its hash is not its own, or it does not hold the hash of the line before it
  | 'removed' // lines that stood before it are missing
  | 'inserted' // it stands where the chain does not have it
  | 'reordered' // a line that stood before it comes later
  | 'signature' // a header or checkpoint is not signed with a key that was given
  | 'unsigned' // more lines have passed without a checkpoint than its header says
  | 'unended' // a new chain begins before the one before it has ended
  | 'torn'; // the last line is not whole: it is being written, a crash cut it, or somebody did

/** Where a chain stands. */
export interface ChainState {
  readonly process: string;
  /** What the first line that was given continues; undefined when it begins the chain. */
  readonly continues: string | undefined;
  readonly firstSeq: number;
  /** Hashes of the headers that began it, and others of this process before it. */
  readonly headers: Set<string>;
  last: ChainEnd;
  /** Its process has written its last line. */
  hasEnded: boolean;
  sinceSigned: number;
  checkpointEvery: number;
}

export type ProvenLine = { readonly broken: Break } | { readonly broken?: undefined; readonly state: ChainState };

/**
 * @param state of the line's chain so far; undefined when none of its lines was given yet
 * @param provers undefined: signatures are not looked at
 * @returns the state behind the line, changed or new, or why it does not belong there
 */
export function proveLine(
  state: ChainState | undefined,
  line: AuditLine,
  provers: readonly CheckpointProver[] | undefined,
): ProvenLine {
  if (provers !== undefined && isSignedKind(line) && !isSignedBy(line, provers)) return { broken: 'signature' };
  const begins = line.kind === 'header' && line.prev === NO_LINE;
  if (state === undefined || (begins && line.seq === 1)) return beginChain(state, line, begins);
  const broken = findBreak(state, line);
  if (broken !== undefined) return { broken };
  state.last = { seq: line.seq, hash: line.hash };
  state.hasEnded = line.kind === 'checkpoint' && line.members['why'] === 'close';
  if (isSignedKind(line)) state.sinceSigned = 0;
  else if (++state.sinceSigned > state.checkpointEvery) return { broken: 'unsigned' };
  if (line.kind === 'header') state.checkpointEvery = toCheckpointEvery(line);
  return { state };
}

function beginChain(before: ChainState | undefined, line: AuditLine, begins: boolean): ProvenLine {
  if (line.kind !== 'header' || begins !== (line.seq === 1)) return { broken: 'removed' };
  if (before?.headers.has(line.hash)) return { broken: 'inserted' };
  if (before?.hasEnded === false) return { broken: 'unended' };
  return {
    state: {
      process: line.process,
      continues: begins ? undefined : line.prev,
      firstSeq: line.seq,
      headers: (before?.headers ?? new Set()).add(line.hash),
      last: { seq: line.seq, hash: line.hash },
      hasEnded: false,
      sinceSigned: 0,
      checkpointEvery: toCheckpointEvery(line),
    },
  };
}

function findBreak({ last, hasEnded }: ChainState, { kind, seq, prev }: AuditLine): Break | undefined {
  if (seq <= last.seq) return 'inserted';
  if (seq > last.seq + 1) return 'removed';
  if (prev !== last.hash) return 'changed';
  return hasEnded && kind !== 'header' ? 'inserted' : undefined;
}

function isSignedKind({ kind }: AuditLine): boolean {
  return kind === 'header' || kind === 'checkpoint';
}

function isSignedBy({ signed }: AuditLine, provers: readonly CheckpointProver[]): boolean {
  return signed !== undefined && provers.some((prover) => prover.isSigned(signed.text, signed.signature));
}

/** What the header says; nothing where it does not, so that the next line breaks. */
function toCheckpointEvery({ members }: AuditLine): number {
  const every = members['checkpointEvery'];
  return typeof every === 'number' ? every : 0;
}
