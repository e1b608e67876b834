// Writing in batches: disks that take a part, fail, or hang.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditSink } from '../../../../gateway/observe/audit/audit-sink.ts';
import { LineWriter } from '../../../../gateway/observe/audit/line-writer.ts';

interface Bench {
  readonly writer: LineWriter;
  readonly log: string[];
  readonly told: { written: number; failures: number };
  readonly timers: { delayMs: number; run: () => void }[];
  text: string;
}

/** @param take how many bytes of these are taken; throws where the disk fails */
function makeBench(take: (bytes: Buffer, from: number) => number | Promise<number>): Bench {
  const bench: Omit<Bench, 'writer'> = { log: [], told: { written: 0, failures: 0 }, timers: [], text: '' };
  const sink: AuditSink = {
    async write(bytes, from) {
      const taken = await take(bytes, from);
      bench.text += bytes.toString('latin1', from, from + taken);
      return taken;
    },
    sync: async () => void bench.log.push(`sync behind ${bench.text}`),
    turn: async (how) => void bench.log.push(`${how} behind ${bench.text}`),
    close: async () => {},
  };
  const writer = new LineWriter({
    sink,
    flushEveryMs: 500,
    startTimer(delayMs, run) {
      const timer = { delayMs, run };
      bench.timers.push(timer);
      return () => bench.timers.splice(bench.timers.indexOf(timer), 1);
    },
    onWritten: (lines) => (bench.told.written += lines),
    onFailure: () => bench.told.failures++,
  });
  return Object.assign(bench, { writer });
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what a disk takes in parts is written whole and once', async () => {
  const bench = makeBench((bytes, from) => Math.min(3, bytes.length - from));
  for (const line of ['one\n', 'two\n', 'three\n']) bench.writer.push(line);
  await bench.writer.flush();
  assert.equal(bench.text, 'one\ntwo\nthree\n');
  assert.deepEqual([bench.told, bench.writer.bytes], [{ written: 3, failures: 0 }, 0]);
});

test('a disk that is full is asked again a second later, from the byte where it stopped', async () => {
  let room = 5;
  const bench = makeBench((bytes, from) => {
    if (room === 0) throw new Error('ENOSPC');
    const taken = Math.min(room, bytes.length - from);
    room -= taken;
    return taken;
  });
  bench.writer.push('first\n');
  bench.writer.push('second\n');
  const flushed = bench.writer.flush();
  await settle();
  assert.deepEqual([bench.text, bench.told.failures], ['first', 1]);
  assert.deepEqual(
    bench.timers.map(({ delayMs }) => delayMs),
    [1000],
  );
  bench.writer.push('third\n'.repeat(20_000));
  await settle();
  assert.equal(bench.told.failures, 1, 'more lines do not mean more attempts');
  room = Number.POSITIVE_INFINITY;
  bench.timers.shift()?.run();
  await flushed;
  await bench.writer.flush();
  assert.equal(bench.text, `first\nsecond\n${'third\n'.repeat(20_000)}`);
});

test('only one write is under way at a time', async () => {
  let under = 0;
  const bench = makeBench(async (bytes, from) => {
    assert.equal(++under, 1);
    await settle();
    under--;
    return bytes.length - from;
  });
  for (let at = 0; at < 200; at++) {
    bench.writer.push('x'.repeat(1000));
    if (at % 50 === 0) void bench.writer.flush();
  }
  await bench.writer.flush();
  assert.equal(bench.text.length, 200_000);
});

test('what is to be done between two lines is done between them', async () => {
  const bench = makeBench((bytes, from) => bytes.length - from);
  bench.writer.push('a');
  bench.writer.afterwards('sync');
  bench.writer.push('b');
  bench.writer.afterwards('rotate');
  bench.writer.afterwards('reopen');
  bench.writer.push('c');
  await bench.writer.flush();
  assert.deepEqual([bench.log, bench.text], [['sync behind a', 'rotate behind ab', 'reopen behind ab'], 'abc']);
});

test('64 KiB do not wait for their time', async () => {
  const bench = makeBench((bytes, from) => bytes.length - from);
  bench.writer.push('x'.repeat(64 * 1024 - 1));
  await settle();
  assert.equal(bench.text.length, 0);
  bench.writer.push('y');
  await settle();
  assert.equal(bench.text.length, 64 * 1024);
});

test('a disk that hangs does not hold up the end for longer than said, and what was lost is told', async () => {
  const bench = makeBench(() => new Promise(() => {}));
  bench.writer.push('a');
  void bench.writer.flush();
  bench.writer.push('b');
  bench.writer.push('c');
  assert.equal(await bench.writer.close(20), 3);
});
