// Reloading: what counts as a change, through every way a file is replaced in practice.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, unwatchFile, utimesSync, watchFile, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Loaded, loadConfig } from '../../../gateway/config/load-config.ts';
import { type WatchSettings, watchConfig } from '../../../gateway/config/watch-config.ts';
import { KEYS, LEAST, makeConfigDir } from './make-config-dir.ts';
import { CERT, FOREIGN_CERT } from './pem-samples.ts';

const INTERVAL_MS = 20;

function watch(t: TestContext, file: string, more: Partial<WatchSettings> = {}) {
  const reports: Loaded[] = [];
  const onChange = (loaded: Loaded): void => void reports.push(loaded);
  const watcher = watchConfig({ file, env: {}, intervalMs: INTERVAL_MS, onChange, ...more });
  t.after(watcher.close);
  return { ...watcher, reports };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'the condition never came true');
    await wait(5);
  }
}

const workersOf = (loaded: Loaded | undefined): number | undefined => (loaded?.ok ? loaded.config.workers : undefined);
const withWorkers = (workers: number): string => `workers: ${workers}\n${KEYS}${LEAST}`;

test('a file that is written in place is reported once, with its new contents', async (t) => {
  const dir = makeConfigDir(t);
  const { reports } = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  dir.write('gateway.yaml', withWorkers(2));
  await until(() => reports.length > 0);
  dir.write('gateway.yaml', withWorkers(3));
  await until(() => reports.length > 1);
  assert.deepEqual(reports.map(workersOf), [2, 3]);
});

test('atomic renames are seen again and again', async (t) => {
  const dir = makeConfigDir(t);
  const { reports } = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  for (const workers of [2, 3, 4]) {
    renameSync(dir.write('next.yaml', withWorkers(workers)), dir.file);
    await until(() => reports.length === workers - 1);
  }
  assert.deepEqual(reports.map(workersOf), [2, 3, 4]);
});

test('swaps of a Kubernetes ConfigMap are seen again and again', async (t) => {
  const dir = makeConfigDir(t);
  const base = path.dirname(dir.file);
  const swap = (workers: number): void => {
    mkdirSync(path.join(base, `..${workers}`));
    writeFileSync(path.join(base, `..${workers}`, 'gateway.yaml'), withWorkers(workers));
    symlinkSync(`..${workers}`, path.join(base, '..next'));
    renameSync(path.join(base, '..next'), path.join(base, '..data'));
    rmSync(path.join(base, `..${workers - 1}`), { recursive: true, force: true });
  };
  swap(1);
  symlinkSync('..data/gateway.yaml', dir.file);
  const { reports } = watch(t, dir.file);
  for (const workers of [2, 3, 4]) {
    swap(workers);
    await until(() => workersOf(reports.at(-1)) === workers);
  }
});

test('a broken state is reported once, and so is its repair', async (t) => {
  const dir = makeConfigDir(t);
  const { reports } = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  dir.write('gateway.yaml', withWorkers(0));
  await until(() => reports.length === 1);
  assert.equal(reports[0]?.ok, false);
  rmSync(dir.file);
  await until(() => reports.length === 2);
  assert.equal(reports[1]?.ok, false);
  dir.write('gateway.yaml', withWorkers(1));
  await until(() => reports.length === 3);
  assert.equal(workersOf(reports[2]), 1);
});

test('a named file that changes, disappears or appears is a change of the configuration', async (t) => {
  const dir = makeConfigDir(t);
  dir.write(
    'gateway.yaml',
    `${LEAST}  /b: { upstream: b }\n`.replace('] } }', '] }, b: { instances: [https://b/], tls: { ca: ca.pem } } }'),
  );
  const { reports } = watch(t, dir.file);
  const ca = dir.write('ca.pem', CERT);
  await until(() => reports.length === 1);
  assert.equal(reports[0]?.ok, true);
  renameSync(dir.write('next.pem', FOREIGN_CERT), ca);
  await until(() => reports.length === 2);
  assert.equal(reports[1]?.ok && reports[1].config.upstreams.get('b')?.tls?.ca, FOREIGN_CERT);
  rmSync(ca);
  await until(() => reports.length === 3);
  assert.equal(reports[2]?.ok, false);
});

test('a new time stamp without new contents is no change', async (t) => {
  const dir = makeConfigDir(t);
  const { reports } = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  // The same poll tells this listener and the watch; the control then settles after the watch has.
  let polls = 0;
  const onPoll = (): void => void (polls += 1);
  watchFile(dir.file, { interval: INTERVAL_MS }, onPoll);
  t.after(() => unwatchFile(dir.file, onPoll));
  const control = watch(t, dir.write('control.yaml', withWorkers(1)));
  utimesSync(dir.file, new Date(), new Date(Date.now() + 60_000));
  await until(() => polls === 1);
  renameSync(dir.write('same.yaml', withWorkers(1)), dir.file);
  await until(() => polls === 2);
  dir.write('control.yaml', withWorkers(2));
  await until(() => control.reports.length > 0);
  assert.deepEqual(reports, []);
  dir.write('gateway.yaml', withWorkers(2));
  await until(() => reports.length > 0);
  assert.deepEqual(reports.map(workersOf), [2]);
});

test('a reload by hand reports at once, changed or not, and is not reported again', async (t) => {
  const dir = makeConfigDir(t);
  const { reports, reload } = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  reload();
  dir.write('gateway.yaml', withWorkers(2));
  reload();
  assert.deepEqual(reports.map(workersOf), [1, 2]);
  dir.write('gateway.yaml', withWorkers(3));
  await until(() => reports.length > 2);
  assert.deepEqual(reports.map(workersOf), [1, 2, 3]);
});

test('a change between the first load and the start of the watch is reported', async (t) => {
  const dir = makeConfigDir(t);
  const since = loadConfig(dir.write('gateway.yaml', withWorkers(1)), {});
  dir.write('gateway.yaml', withWorkers(2));
  const { reports } = watch(t, dir.file, { since });
  await until(() => reports.length > 0);
  assert.deepEqual(reports.map(workersOf), [2]);
});

test('after it was closed nothing is reported any more', async (t) => {
  const dir = makeConfigDir(t);
  const closed = watch(t, dir.write('gateway.yaml', withWorkers(1)));
  const open = watch(t, dir.file);
  closed.close();
  dir.write('gateway.yaml', withWorkers(2));
  closed.reload();
  await until(() => open.reports.length > 0);
  assert.deepEqual(closed.reports, []);
});
