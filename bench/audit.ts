// `npm run bench:audit`: what one line of the audit trail costs this process, with its hash and its share of the writing.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AuditEntry } from '../gateway/observe/audit/audit-entry.ts';
import { makeAuditTrail } from '../gateway/observe/audit/audit-trail.ts';
import { toNumber } from './to-number.ts';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '200000' },
    'assert-us': { type: 'string', default: '1000000' },
  },
});
const lines = toNumber('--lines', values.lines);
const BURST = 500;

const principal = {
  kind: 'token',
  issuer: 'https://login.example.com',
  subject: '7f0c3c9e-4e0b-4b6e-9a53-0f7a5f6a8b11',
  client: 'assistant',
  jti: '0123456789abcdef0123456789abcdef',
} as const;

function makeEntry(at: number): AuditEntry {
  return {
    requestId: `01J9Z3K8Q2-${at}`,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    endpoint: '/weather/mcp',
    principal,
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
    instance: 'http://weather-1:3000/mcp',
    status: 200,
    ending: 'answered',
    durationMs: 12.345678 + at / 1000,
    bytesIn: 512,
    bytesOut: 2048,
    sealed: 0,
    opened: 0,
    arguments: undefined,
  };
}

const dir = mkdtempSync(join(tmpdir(), 'tollgate-audit-'));
try {
  const trail = makeAuditTrail(
    {
      to: { file: join(dir, 'audit.jsonl') },
      onFull: 'block',
      flushEveryMs: 1000,
      checkpointEvery: 1000,
      checkpointKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      rotateAtBytes: undefined,
    },
    {
      process: '1',
      nowEpochMs: Date.now,
      startTimer(delayMs, run) {
        const timer = setTimeout(run, delayMs).unref();
        return () => clearTimeout(timer);
      },
      random: randomBytes,
      onWritten() {},
      onDropped() {},
      onFailure: (error) => console.error(error),
    },
  );
  await writeLines(lines / 10);
  const before = process.cpuUsage();
  const inWriteMs = await writeLines(lines);
  await trail.flush();
  const used = process.cpuUsage(before);
  await trail.close();
  const cpuUs = (used.user + used.system) / lines;
  console.log(
    `${lines} lines: ${cpuUs.toFixed(2)} us of CPU each, ${((inWriteMs * 1000) / lines).toFixed(2)} us of it in write()`,
  );
  if (cpuUs > toNumber('--assert-us', values['assert-us'])) process.exitCode = 1;

  /** @returns the time spent in `write` */
  async function writeLines(count: number): Promise<number> {
    let inWriteMs = 0;
    for (let at = 0; at < count; at += BURST) {
      const entries = Array.from({ length: BURST }, (_, index) => makeEntry(at + index));
      const began = performance.now();
      for (const entry of entries) trail.write(entry);
      inWriteMs += performance.now() - began;
      await trail.whenReady();
      await new Promise(setImmediate);
    }
    return inWriteMs;
  }
} finally {
  rmSync(dir, { recursive: true });
}
