// Reads the audit files of a gateway that runs as a process of its own, and proves them as a user would.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface RequestLine {
  readonly endpoint?: string;
  readonly principal?: { readonly kind: string; readonly subject: string };
  readonly method?: string;
  readonly name?: string;
  readonly decision?: string;
  readonly refusal?: string;
  readonly reason?: string;
  readonly quotaRule?: string;
  readonly instance?: string;
  readonly status?: number;
  readonly ending: string;
  readonly requestId?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly sealed: number;
  readonly opened: number;
}

export type AuditLine = RequestLine & {
  readonly audit: 'header' | 'request' | 'dropped' | 'checkpoint';
  readonly process: string;
  readonly count?: number;
  readonly torn?: object;
};

export interface AuditFolder {
  readonly path: string;
  /** The file of the only process, or of the first worker. */
  readonly file: string;
  readonly lines: (file?: string) => readonly AuditLine[];
  /** The lines of requests. */
  readonly requests: (...files: readonly string[]) => readonly AuditLine[];
}

export function makeAuditFolder(t: TestContext): AuditFolder {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-trail-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const file = join(path, 'audit.jsonl');
  const lines = (from = file): AuditLine[] => readLines(from);
  return {
    path,
    file,
    lines,
    requests: (...files) =>
      (files.length === 0 ? [file] : files).flatMap((each) => lines(each)).filter(({ audit }) => audit === 'request'),
  };
}

/** Whole lines only: the last one may be half written. */
function readLines(file: string): AuditLine[] {
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, 'latin1').split('\n').slice(0, -1);
  return whole.filter((line) => line.startsWith('{"audit"')).map((line) => JSON.parse(line) as AuditLine);
}

export interface Verdict {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `tollgate audit verify` with these words. */
export function verifyTrail(...words: readonly string[]): Promise<Verdict> {
  const cli = join(import.meta.dirname, '../../../../gateway/cli/tollgate.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'audit', 'verify', ...words], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}
