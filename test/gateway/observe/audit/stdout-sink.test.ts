// Standard output as a pipe that nobody empties for a while, and the names of files for several processes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toProcessFile } from '../../../../gateway/observe/audit/process-file.ts';
import { LineSplitter } from '../../../../gateway/observe/audit/split-lines.ts';
import { makeStdoutSink } from '../../../../gateway/observe/audit/stdout-sink.ts';

test('a full pipe is waited for, and takes whole lines alone', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-audit-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const fifo = join(dir, 'pipe');
  execFileSync('mkfifo', [fifo]);
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  let read = '';
  let waits = 0;
  const piece = Buffer.alloc(1 << 20);
  const startTimer = (_delayMs: number, run: () => void): (() => void) => {
    waits++;
    read += piece.toString('latin1', 0, readSync(fd, piece));
    assert.equal(read.at(-1), '\n');
    run();
    return () => {};
  };
  const sink = makeStdoutSink({ startTimer }, fd);
  const lines =
    Array.from({ length: 400 }, (_, at) => `${String(at).repeat(300)}\n`).join('') + `${'x'.repeat(6000)}\n`;
  const bytes = Buffer.from(lines);
  for (let at = 0; at < bytes.length; ) at += await sink.write(bytes, at);
  await sink.sync();
  await sink.turn('reopen');
  await sink.close();
  read += piece.toString('latin1', 0, readSync(fd, piece));
  assert(waits > 0);
  assert.equal(read, lines);
});

test('each process has a file of its own', () => {
  assert.equal(toProcessFile('/var/log/audit.jsonl', 1), '/var/log/audit.jsonl');
  assert.equal(toProcessFile('/var/log/audit.jsonl', 2), '/var/log/audit.2.jsonl');
  assert.equal(toProcessFile('/var/log.d/audit', 12), '/var/log.d/audit.12');
});

test('however bytes are cut, the lines are the same', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 9 }), { maxLength: 12 });
  fc.assert(
    fc.property(pieces, (texts) => {
      const splitter = new LineSplitter(4);
      const found = texts.flatMap((text) => [...splitter.push(Buffer.from(text))]).concat(...splitter.end());
      const lines = texts.join('').split('\n');
      const expected = lines.map((line, at) => ({ text: line.slice(0, 4), isWhole: at < lines.length - 1 }));
      assert.deepEqual(
        found.map(({ bytes, isWhole }) => ({ text: bytes.toString(), isWhole })),
        expected.at(-1)?.text === '' ? expected.slice(0, -1) : expected,
      );
    }),
  );
});
