// Rotation: by size, and by others who rename the file; the chain goes on from file to file.
import assert from 'node:assert/strict';
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ENTRY, makeAuditFolder } from './audit-under-test.ts';

test('a file that has reached its size gets a name of its own, and the chain goes on in the next', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ rotateAtBytes: 2000 });
  for (let at = 0; at < 20; at++) trail.write(ENTRY);
  await trail.close();
  const names = folder.names();
  assert(names.length > 3, names.join());
  const rotated = names.filter((name) => name !== 'audit.jsonl');
  for (const name of rotated) assert.match(name, /^audit\.jsonl\.20260728T1011\d\d\.\d{3}Z$/);
  const report = await folder.verify([...rotated, 'audit.jsonl']);
  assert.deepEqual([report.broken, report.requests, report.crashes], [undefined, 20, 0]);
  for (const name of names) assert(folder.read(name).length < 3000);
});

test('each file ends with a checkpoint and begins with a header, and can be proven by itself', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ rotateAtBytes: 2000 });
  for (let at = 0; at < 20; at++) trail.write(ENTRY);
  await trail.close();
  const names = folder.names();
  for (const name of names) {
    const lines = folder.lines(name);
    assert.equal(lines[0]?.['audit'], 'header');
    assert.equal(lines.at(-1)?.['audit'], 'checkpoint');
    assert.equal((await folder.verify([name])).broken, undefined);
  }
});

test('a file that is missing between two others is noticed', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ rotateAtBytes: 2000 });
  for (let at = 0; at < 20; at++) trail.write(ENTRY);
  await trail.close();
  const [present, first, , third] = folder.names();
  const { broken } = await folder.verify([first as string, third as string, present as string]);
  assert.deepEqual(broken, { file: third, line: 1, why: 'removed' });
});

test('even the smallest size leaves each file a line of a request', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ rotateAtBytes: 1 });
  for (let at = 0; at < 5; at++) trail.write(ENTRY);
  await trail.close();
  const rotated = folder.names().filter((name) => name !== 'audit.jsonl');
  assert.equal(rotated.length, 5);
  assert.equal((await folder.verify([...rotated, 'audit.jsonl'])).requests, 5);
});

test('a rotated file never replaces another one', async (t) => {
  const folder = makeAuditFolder(t);
  const taken = `${folder.file}.20260728T000000.000Z`;
  writeFileSync(taken, 'somebody else wrote this');
  const trail = folder.open({ rotateAtBytes: 1 }, { nowEpochMs: () => Date.UTC(2026, 6, 28) });
  for (let at = 0; at < 3; at++) trail.write(ENTRY);
  await trail.close();
  assert.deepEqual(folder.names(), [
    'audit.jsonl',
    'audit.jsonl.20260728T000000.000Z',
    'audit.jsonl.20260728T000000.000Z.1',
    'audit.jsonl.20260728T000000.000Z.2',
    'audit.jsonl.20260728T000000.000Z.3',
  ]);
  assert.equal(folder.read('audit.jsonl.20260728T000000.000Z').toString(), 'somebody else wrote this');
});

test('after a rename and a reopen the chain goes on in a new file', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  trail.write(ENTRY);
  await trail.flush();
  renameSync(folder.file, `${folder.file}.1`);
  trail.write({ ...ENTRY, requestId: 'before the signal' });
  await trail.reopen();
  trail.write({ ...ENTRY, requestId: 'behind the signal' });
  await trail.close();
  const ids = (name: string): unknown[] => folder.lines(name).map(({ requestId, why }) => requestId ?? why);
  assert.deepEqual(ids('audit.jsonl.1'), ['start', 'r-1', 'before the signal', 'reopen']);
  assert.deepEqual(ids('audit.jsonl'), ['reopen', 'behind the signal', 'close']);
  const { broken, requests, crashes } = await folder.verify(['audit.jsonl.1', 'audit.jsonl']);
  assert.deepEqual([broken, requests, crashes], [undefined, 3, 0]);
});

test('a reopen without a rename goes on in the same file', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  await Promise.all([trail.reopen(), trail.reopen()]);
  trail.write(ENTRY);
  await trail.close();
  const { broken, requests } = await folder.verify();
  assert.deepEqual([broken, requests, folder.names()], [undefined, 1, ['audit.jsonl']]);
});

test('a line that somebody left open in the new file does not swallow ours', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  await trail.flush();
  renameSync(folder.file, `${folder.file}.1`);
  writeFileSync(folder.file, 'rotated by hand');
  await trail.reopen();
  await trail.close();
  assert.match(folder.read().toString(), /^rotated by hand\n\{"audit":"header"/);
});

test('where the file cannot be renamed, it is told and written on', async (t) => {
  const folder = makeAuditFolder(t);
  const time = '20260728T000000.000Z';
  for (let at = 0; at < 100; at++) writeFileSync(`${folder.file}.${time}${at === 0 ? '' : `.${at}`}`, '');
  const trail = folder.open({ rotateAtBytes: 2000 }, { nowEpochMs: () => Date.UTC(2026, 6, 28) });
  for (let at = 0; at < 20; at++) trail.write(ENTRY);
  await trail.close();
  assert.match(String(folder.told.failures[0]), /no free name/);
  const { broken, requests } = await folder.verify();
  assert.deepEqual([broken, requests, folder.names().length], [undefined, 20, 101]);
});

test('a restart goes on in a file that has grown past its size, and rotates it', async (t) => {
  const folder = makeAuditFolder(t);
  const first = folder.open();
  for (let at = 0; at < 20; at++) first.write(ENTRY);
  await first.close();
  const second = folder.open({ rotateAtBytes: 2000 });
  second.write(ENTRY);
  await second.close();
  const [, rotated] = folder.names();
  assert.equal((await folder.verify([rotated as string, 'audit.jsonl'])).broken, undefined);
});

test('only the owner and its group may read the file', async (t) => {
  const folder = makeAuditFolder(t);
  await folder.open().close();
  assert.equal(statSync(folder.file).mode & 0o007, 0);
});
