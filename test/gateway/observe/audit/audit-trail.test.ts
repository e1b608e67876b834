// The audit trail as it is written: lines, checkpoints, flushing, room, restarts.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ENTRY, makeAuditFolder } from './audit-under-test.ts';

const ZEROS = '0'.repeat(64);

test('a trail is a header, one line for each entry, and a checkpoint at its end', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  trail.write(ENTRY);
  trail.write({ ...ENTRY, requestId: 'r-2' });
  await trail.close();
  const lines = folder.lines();
  assert.deepEqual(
    lines.map(({ audit, seq, requestId, why }) => [audit, seq, requestId ?? why]),
    [
      ['header', 1, 'start'],
      ['request', 2, 'r-1'],
      ['request', 3, 'r-2'],
      ['checkpoint', 4, 'close'],
    ],
  );
  assert.equal(folder.told.written, 4);
});

test('a line holds the hash of the line before it, and that of its own bytes up to there', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  trail.write(ENTRY);
  await trail.close();
  let prev = ZEROS;
  for (const line of folder.read().toString().split('\n').slice(0, -1)) {
    const end = line.lastIndexOf(',"hash":"');
    assert.equal(JSON.parse(line).prev, prev);
    prev = hash('sha256', line.slice(0, end));
    assert.equal(line.slice(end), `,"hash":"${prev}"}`);
  }
});

test('lines wait for their time, and a flush does not', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  trail.write(ENTRY);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(folder.read().length, 0);
  await trail.flush();
  assert.equal(folder.lines().length, 2);
  trail.write(ENTRY);
  folder.fire();
  await trail.flush();
  assert.equal(folder.lines().length, 3);
  await trail.flush();
  await trail.close();
});

test('a checkpoint stands behind as many lines as configured', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ checkpointEvery: 2 });
  for (let at = 0; at < 5; at++) trail.write(ENTRY);
  await trail.close();
  assert.deepEqual(
    folder.lines().map(({ audit, why }) => why ?? audit),
    ['start', 'request', 'request', 'count', 'request', 'request', 'count', 'request', 'close'],
  );
});

test('a second process goes on with the chain that the first one ended', async (t) => {
  const folder = makeAuditFolder(t);
  await folder.open().close();
  const trail = folder.open();
  trail.write(ENTRY);
  await trail.close();
  const lines = folder.lines();
  assert.deepEqual(
    lines.map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
  assert.equal(lines[2]?.['prev'], lines[1]?.['hash']);
  const { broken, crashes } = await folder.verify();
  assert.deepEqual([broken, crashes], [undefined, 0]);
});

test('a line that a crash left unfinished stays, and the next header names it', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  trail.write(ENTRY);
  await trail.flush();
  const fragment = '{"audit":"request","process":"1","se';
  appendFileSync(folder.file, fragment);
  const next = folder.open();
  next.write(ENTRY);
  await next.close();
  const text = folder.read().toString().split('\n');
  assert.equal(text[2], fragment);
  const header = JSON.parse(text[3] as string) as Record<string, unknown>;
  assert.deepEqual(header['torn'], { bytes: fragment.length, sha256: hash('sha256', fragment) });
  const { broken, crashes, requests } = await folder.verify();
  assert.deepEqual([broken, crashes, requests], [undefined, 1, 2]);
});

test('crash upon crash, and the disk filling up in between, leave a chain that can be proven', async (t) => {
  const folder = makeAuditFolder(t);
  for (const left of ['{"audit":"head', '', '\u0000'.repeat(3000), 'x\ny\n\nz', '{"audit":"request"', '\n']) {
    const trail = folder.open();
    trail.write(ENTRY);
    await trail.flush();
    appendFileSync(folder.file, left);
  }
  await folder.open().close();
  const { broken, crashes, requests } = await folder.verify();
  assert.deepEqual([broken, crashes, requests], [undefined, 6, 6]);
});

test('a crash before the first line was whole is named by the first header', async (t) => {
  const folder = makeAuditFolder(t);
  writeFileSync(folder.file, '{"audit":"hea');
  await folder.open().close();
  const { broken, lines } = await folder.verify();
  assert.deepEqual([broken, lines], [undefined, 2]);
});

test('a last line that lacks its line feed alone is gone on from', async (t) => {
  const folder = makeAuditFolder(t);
  await folder.open().close();
  const whole = folder.read();
  writeFileSync(folder.file, whole.subarray(0, -1));
  await folder.open().close();
  assert.equal((await folder.verify()).broken, undefined);
  assert.equal(folder.lines()[2]?.['prev'], folder.lines()[1]?.['hash']);
});

test('when it is full with onFull drop, lines are lost, counted, and their number told in the chain', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ onFull: 'drop' });
  let written = 0;
  while (!trail.isFull) {
    trail.write(ENTRY);
    written++;
  }
  for (let at = 0; at < 5; at++) trail.write(ENTRY);
  assert.equal(folder.told.dropped, 5);
  await trail.whenReady();
  assert.equal(trail.isFull, false);
  await trail.flush();
  trail.write(ENTRY);
  await trail.close();
  const told = folder.lines().filter(({ audit }) => audit === 'dropped');
  assert.deepEqual(
    told.map(({ count, since }) => [count, typeof since]),
    [[5, 'string']],
  );
  const report = await folder.verify();
  assert.deepEqual([report.broken, report.requests, report.dropped], [undefined, written + 1, 5]);
});

test('when it is full with onFull block, what had begun is written all the same', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  while (!trail.isFull) trail.write(ENTRY);
  const ready = trail.whenReady();
  for (let at = 0; at < 5; at++) trail.write({ ...ENTRY, requestId: 'late' });
  await ready;
  await trail.close();
  assert.equal(folder.told.dropped, 0);
  assert.equal(folder.lines().filter(({ requestId }) => requestId === 'late').length, 5);
});

test('when it is full with onFull block, a flood of those who are turned away cannot fill the memory', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  const large = { ...ENTRY, rule: 'x'.repeat(100_000) };
  for (let at = 0; at < 500; at++) trail.write(large);
  assert(folder.told.dropped > 100, String(folder.told.dropped));
  await trail.close();
  const { broken, dropped, requests } = await folder.verify();
  assert.deepEqual([broken, dropped, requests], [undefined, folder.told.dropped, 500 - folder.told.dropped]);
});

test('closing twice, and writing when it is over, does no harm and is counted', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  await Promise.all([trail.close(), trail.close()]);
  trail.write(ENTRY);
  await trail.reopen();
  assert.equal(folder.told.dropped, 1);
  assert.equal((await folder.verify()).broken, undefined);
});

test('what is no regular file is refused at once', (t) => {
  const folder = makeAuditFolder(t);
  mkdirSync(folder.file);
  assert.throws(() => folder.open(), { code: 'EISDIR' });
  assert.throws(() => folder.open({ to: { file: '/dev/null' } }), /no regular file/);
});
