// A process that is killed loses the lines of its last flush interval, and no others.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeAuditFolder, toLines, verifyBytes } from './audit-under-test.ts';

const CHILD = fileURLToPath(new URL('audit-child.ts', import.meta.url));
const FLUSH_EVERY_MS = 100;
/** For the write itself, on a machine that is busy. */
const SLACK_MS = 400;

interface Told {
  readonly count: number;
  readonly atMs: number;
}

/** Kills the child once it has written for so long. @returns what it said */
async function runAndKill(file: string, forMs: number): Promise<Told[]> {
  const child = spawn(process.execPath, [CHILD, file, '1', String(FLUSH_EVERY_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: Told[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [count = 0, atMs = 0] = line.split(' ').map(Number);
    told.push({ count, atMs });
    if (atMs - (told[0]?.atMs ?? 0) >= forMs) child.kill('SIGKILL');
  }
  assert.equal(child.signalCode ?? (await once(child, 'exit'))[1], 'SIGKILL');
  return told;
}

test('kill -9 loses no line that is older than the flush interval, three times over', async (t) => {
  const folder = makeAuditFolder(t);
  let before = 0;
  for (let life = 1; life <= 3; life++) {
    const told = await runAndKill(folder.file, 900 + life * 37);
    const last = told.at(-1)?.atMs ?? 0;
    const owed = told.filter(({ atMs }) => atMs <= last - FLUSH_EVERY_MS - SLACK_MS).length;
    const bytes = folder.read();
    const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
    const report = await verifyBytes(whole);
    assert.equal(report.broken, undefined);
    const kept = report.requests - before;
    assert(owed > 0, `the child lived for ${last} ms`);
    assert(kept >= owed && kept <= told.length + 1, `${kept} kept of ${told.length}, owed ${owed}`);
    before = report.requests;
  }
  await folder.open().close();
  const { broken, crashes, requests } = await folder.verify();
  assert.deepEqual([broken, crashes, requests], [undefined, 3, before]);
});

test('several processes write to one pipe, and every chain can be proven', async () => {
  const script = 'for k in 1 2 3; do "$0" "$1" stdout $k 5 1500 & done; wait';
  const shell = spawn('sh', ['-c', script, process.execPath, CHILD], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pieces: Buffer[] = [];
  shell.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  await once(shell, 'close');
  const bytes = Buffer.concat(pieces);
  const report = await verifyBytes(bytes);
  assert.deepEqual([report.broken, report.requests, report.chains.length], [undefined, 4500, 3]);
  assert(report.chains.every(({ hasEnded }) => hasEnded));
  assert.equal(new Set(toLines(bytes).map(({ requestId }) => requestId)).size, 4501);
});
