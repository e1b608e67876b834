// `tollgate audit verify`: proves that an audit trail is as it was written, or names the first line that is not.
import { createReadStream, readFileSync } from 'node:fs';
import { toAsciiJson } from '../observe/audit/ascii-json.ts';
import type { Break, ChainState } from '../observe/audit/chain-proof.ts';
import { type CheckpointProver, makeCheckpointProver } from '../observe/audit/checkpoint-key.ts';
import { type AuditReport, verifyAudit } from '../observe/audit/verify-audit.ts';
import type { Output } from '../output.ts';

export interface AuditVerifySettings {
  /** Read as one trail, in this order: the oldest first. */
  readonly files: readonly string[];
  /** PEM files of public Ed25519 keys; none: signatures are not looked at. */
  readonly keyFiles: readonly string[];
  /** Pass over lines of others, such as the log's. */
  readonly mixed: boolean;
  /** Each chain must be there from its beginning to its end. */
  readonly complete: boolean;
  readonly out: Output;
  readonly err: Output;
}

const WORDS: Readonly<Record<Break, string>> = {
  changed: 'the line is not as it was written, or the one before it is not',
  removed: 'lines before it are missing',
  inserted: 'the line does not belong there',
  reordered: 'lines have changed places',
  signature: 'it is not signed with a key that was given',
  unsigned: 'more lines than its header says have no checkpoint',
  unended: 'a new chain begins, but the one before it has not ended',
  torn: 'the last line is not whole: it is being written, a crash cut it, or somebody did',
};

/** @returns 0 when every line is as it was written, 1 when one is not, 2 when a file or key cannot be read */
export async function runAuditVerify(settings: AuditVerifySettings): Promise<number> {
  const { files, keyFiles, mixed, complete, out, err } = settings;
  let provers: readonly CheckpointProver[];
  let report: AuditReport;
  try {
    provers = keyFiles.map((file) => makeCheckpointProver(readFileSync(file, 'utf8')));
    const opened = files.map((name) => ({ name, chunks: readChunks(name) }));
    report = await verifyAudit(opened, { provers: provers.length === 0 ? undefined : provers, mixed });
  } catch (error) {
    err.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const faults = [...findBroken(report), ...(complete ? findIncomplete(report) : [])];
  for (const fault of faults) err.write(`${fault}\n`);
  for (const line of toLines(report, provers.length > 0)) out.write(`${line}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** Opens the file only when its turn comes. */
async function* readChunks(file: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file)) yield chunk as Buffer;
}

function findBroken({ broken, chains }: AuditReport): string[] {
  if (broken === undefined) return chains.length === 0 ? ['no line of an audit trail'] : [];
  return [`${broken.file}:${broken.line}: ${broken.why}: ${WORDS[broken.why]}`];
}

function findIncomplete({ chains, broken }: AuditReport): string[] {
  if (broken !== undefined) return [];
  return chains
    .filter(({ continues, hasEnded }) => continues !== undefined || !hasEnded)
    .map((chain) => `incomplete: ${describe(chain)}`);
}

function* toLines(report: AuditReport, hasKeys: boolean): Generator<string> {
  const { broken, lines, requests, dropped, checkpoints, crashes, foreign, lastCheckpoint, chains } = report;
  const counts = [`${lines} lines`, `${requests} requests`, `${checkpoints} checkpoints`, `${dropped} dropped`];
  if (crashes > 0) counts.push(`${crashes} restarts without an end`);
  if (foreign > 0) counts.push(`${foreign} other lines passed over`);
  yield `${broken === undefined ? 'ok' : 'as written before that'}: ${counts.join(', ')}`;
  for (const chain of chains) yield describe(chain);
  if (lastCheckpoint === undefined) return;
  const { process, seq, time } = lastCheckpoint;
  const proof = hasKeys ? 'signature proven' : 'signature not looked at';
  yield `last checkpoint: process ${toAsciiJson(process)}, line ${seq}, ${toAsciiJson(time)}, ${proof}`;
}

function describe({ process, firstSeq, last, continues, hasEnded, sinceSigned }: ChainState): string {
  const from = continues === undefined ? `from its beginning` : `continues ${continues}, which was not given`;
  const to = hasEnded ? 'has ended' : `has not ended (written to, killed or cut), ${sinceSigned} behind a checkpoint`;
  return `process ${toAsciiJson(process)}: lines ${firstSeq} to ${last.seq}, ${from}, ${to}`;
}
