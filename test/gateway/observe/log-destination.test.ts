// The log when nobody reads it: the memory it may take is bounded, and what was lost is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, read, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeJsonDestination } from '../../../gateway/observe/log-destination.ts';

test('lines that nobody reads in time are lost and counted, and the others arrive', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-log-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const fifo = join(dir, 'pipe');
  execFileSync('mkfifo', [fifo]);
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  let lost = 0;
  const destination = makeJsonDestination((lines) => (lost += lines), fd);
  const line = `${'x'.repeat(9999)}\n`;
  for (let at = 0; at < 1000; at++) destination.write(line);
  let arrived = 0;
  const piece = Buffer.alloc(1 << 20);
  while (lost === 0) {
    const { bytesRead } = await promisify(read)(fd, piece, 0, piece.length, null).catch(() => ({ bytesRead: 0 }));
    arrived += bytesRead;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const last = await promisify(read)(fd, piece, 0, piece.length, null).catch(() => ({ bytesRead: 0 }));
  arrived += last.bytesRead;
  assert(lost >= 100 && lost < 300, String(lost));
  assert.equal(arrived, (1000 - lost) * line.length);
});
