// An audit trail in a folder of its own, with a clock and timers that the test drives.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AuditEntry } from '../../../../gateway/observe/audit/audit-entry.ts';
import {
  type AuditDeps,
  type AuditSettings,
  type AuditTrail,
  makeAuditTrail,
} from '../../../../gateway/observe/audit/audit-trail.ts';
import type { CheckpointProver } from '../../../../gateway/observe/audit/checkpoint-key.ts';
import { type AuditReport, verifyAudit } from '../../../../gateway/observe/audit/verify-audit.ts';

export const ENTRY: AuditEntry = {
  requestId: 'r-1',
  traceId: undefined,
  endpoint: '/mcp',
  principal: undefined,
  method: 'tools/call',
  name: 'get_forecast',
  tool: undefined,
  decision: 'allowed',
  rule: 'forecasts',
  policy: '0011223344556677',
  refusal: undefined,
  reason: undefined,
  quotaRule: undefined,
  upstream: 'weather',
  instance: 'http://127.0.0.1:3000/mcp',
  status: 200,
  ending: 'answered',
  durationMs: 1.5,
  bytesIn: 10,
  bytesOut: 20,
  sealed: 0,
  opened: 0,
  arguments: undefined,
};

export interface AuditFolder {
  readonly file: string;
  readonly told: { written: number; dropped: number; failures: unknown[] };
  /** Fires every timer that is set, again and again, until none is. */
  fire(): void;
  open(settings?: Partial<AuditSettings>, deps?: Partial<AuditDeps>): AuditTrail;
  names(): string[];
  read(name?: string): Buffer;
  lines(name?: string): Record<string, unknown>[];
  /** Of these files, in this order; the present one alone unless said. */
  verify(names?: readonly string[], provers?: readonly CheckpointProver[]): Promise<AuditReport>;
}

export function makeAuditFolder(t: TestContext): AuditFolder {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-audit-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'audit.jsonl');
  const told: AuditFolder['told'] = { written: 0, dropped: 0, failures: [] };
  const timers = new Set<() => void>();
  let now = Date.UTC(2026, 6, 28, 10, 11, 12, 123);
  const read = (name = 'audit.jsonl'): Buffer => readFileSync(join(dir, name));
  return {
    file,
    told,
    fire() {
      while (timers.size > 0) {
        for (const run of timers) {
          timers.delete(run);
          run();
        }
      }
    },
    open(settings = {}, deps = {}) {
      return makeAuditTrail(
        {
          to: { file },
          onFull: 'block',
          flushEveryMs: 1000,
          checkpointEvery: 1000,
          checkpointKey: undefined,
          rotateAtBytes: undefined,
          ...settings,
        },
        {
          process: '1',
          nowEpochMs: () => now++,
          startTimer(_delayMs, run) {
            timers.add(run);
            return () => timers.delete(run);
          },
          random: (bytes) => Buffer.alloc(bytes, 7),
          onWritten: (lines) => (told.written += lines),
          onDropped: (lines) => (told.dropped += lines),
          onFailure: (error) => told.failures.push(error),
          ...deps,
        },
      );
    },
    names: () => readdirSync(dir).toSorted(),
    read,
    lines: (name) => toLines(read(name)),
    verify: (names = ['audit.jsonl'], provers) =>
      verifyAudit(
        names.map((name) => ({ name, chunks: toChunks(read(name)) })),
        { provers, mixed: false },
      ),
  };
}

export function toLines(bytes: Buffer): Record<string, unknown>[] {
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** As verification gets bytes: cut anywhere. */
export async function* toChunks(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function verifyBytes(bytes: Buffer, provers?: readonly CheckpointProver[]): Promise<AuditReport> {
  return verifyAudit([{ name: 'audit.jsonl', chunks: toChunks(bytes) }], { provers, mixed: false });
}
