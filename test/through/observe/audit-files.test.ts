// The audit files of real processes: killed, moved away under them, on a disk that is full.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { type ChildGateway, startChildGateway, toConfig } from '../support/child-gateway.ts';
import { openToolCall } from '../support/open-call.ts';
import { startUpstream } from '../support/start.ts';
import { startTwoWorkers } from '../support/two-workers.ts';
import { until, untilStill } from '../support/until.ts';
import { makeAuditFolder, verifyTrail } from './support/audit-trail.ts';

const FLUSH_MS = 200;
/** For the write itself, on a machine that is busy. */
const SLACK_MS = 800;

function callTool(port: number, name: string, args: object = {}): Promise<RawAnswer> {
  const body = toRequestBody('tools/call', { name, arguments: args });
  return sendRaw({ port, lines: toHeaderLines('tools/call', name), body });
}

async function start(t: TestContext, audit: object): Promise<ChildGateway> {
  const upstream = await startUpstream(t);
  return startChildGateway(t, toConfig([upstream.url], { telemetry: { audit } }));
}

test('kill -9 loses nothing older than the flush interval, and the next process goes on with the chain', async (t) => {
  const folder = makeAuditFolder(t);
  const audit = { file: folder.file, flushEvery: `${FLUSH_MS}ms` };
  let kept = 0;
  for (let life = 1; life <= 2; life++) {
    const gateway = await start(t, audit);
    const answered: { readonly name: string; readonly atMs: number }[] = [];
    const begunMs = performance.now();
    let killedMs = 0;
    for (let i = 0; killedMs === 0; i++) {
      const name = `tool_${life}_${i}`;
      assert.equal((await callTool(gateway.port, name)).status, 200);
      answered.push({ name, atMs: performance.now() });
      if (performance.now() - begunMs < FLUSH_MS + SLACK_MS + 500) continue;
      killedMs = performance.now();
      gateway.kill('SIGKILL');
    }
    assert.deepEqual(await gateway.exit(), { code: null, signal: 'SIGKILL' });
    const names = new Set(folder.requests().map(({ name }) => name));
    const owed = answered.filter(({ atMs }) => atMs < killedMs - FLUSH_MS - SLACK_MS);
    assert.ok(owed.length > 20, `${owed.length} of ${answered.length} are owed`);
    assert.deepEqual(
      owed.filter(({ name }) => !names.has(name)),
      [],
    );
    assert.ok(names.size > kept && names.size <= kept + answered.length);
    kept = names.size;
  }
  const last = await start(t, audit);
  last.kill('SIGTERM');
  await last.exit();
  assert.equal(folder.requests().length, kept);
  const { code, out, err } = await verifyTrail(folder.file);
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /, 2 restarts without an end$/m);
});

test('two workers write on to new files once they are told that theirs were moved, and no line is lost', async (t) => {
  const folder = makeAuditFolder(t);
  const { gateway } = await startTwoWorkers(t, { telemetry: { audit: { file: folder.file, flushEvery: '50ms' } } });
  const second = join(folder.path, 'audit.2.jsonl');
  const files = [folder.file, second];
  const moved = files.map((file) => `${file}.old`);
  const names: string[] = [];
  async function callMany(what: string): Promise<void> {
    const many = Array.from({ length: 60 }, (_, i) => `${what}_${i}`);
    names.push(...many);
    for (const { status } of await Promise.all(many.map((name) => callTool(gateway.port, name))))
      assert.equal(status, 200);
  }
  await callMany('before');
  await until('they are written', () => folder.requests(...files).length === 60);
  for (const [i, file] of files.entries()) renameSync(file, moved[i] as string);
  await callMany('between');
  gateway.kill('SIGUSR2');
  await until('both files are there again', () => files.every((file) => folder.lines(file).length > 0));
  await callMany('after');
  gateway.kill('SIGTERM');
  assert.equal((await gateway.exit()).code, 0);
  assert.deepEqual(
    folder
      .requests(...moved, ...files)
      .map(({ name }) => String(name))
      .toSorted(),
    names.toSorted(),
  );
  assert.ok(
    moved.every((file) => folder.requests(file).length > 0),
    'both workers were asked',
  );
  const { code, out, err } = await verifyTrail(...moved, ...files, '--complete');
  assert.deepEqual([code, err], [0, ''], out);
});

/** Long enough that some hundred lines are more than may wait. */
const LONG_ARGUMENTS = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`a${i}`, 'x'.repeat(200)]));
const ARGUMENTS = Object.keys(LONG_ARGUMENTS).map((name) => ({ tool: '*', pointer: `/${name}`, as: 'value' }));

/** No file of this process may grow beyond this. */
function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
}

async function fillDisk(t: TestContext, onFull: 'block' | 'drop') {
  const folder = makeAuditFolder(t);
  const audit = { file: folder.file, onFull, flushEvery: '50ms', arguments: ARGUMENTS };
  const gateway = await start(t, audit);
  assert.equal((await callTool(gateway.port, 'first', LONG_ARGUMENTS)).status, 200);
  await until('its line is written', () => folder.requests().length === 1);
  limitFiles(gateway.pid, statSync(folder.file).size + 1000);
  return { folder, gateway };
}

test('`onFull: block`: on a full disk requests wait, the process is seen, and all are served and written once there is room', async (t) => {
  const { folder, gateway } = await fillDisk(t, 'block');
  const WIDTH = 16;
  const calls: Promise<RawAnswer>[] = [];
  let answered = 0;
  const countOpen = async (): Promise<number> => (await gateway.scrape()).get('mcp_gateway_requests_in_flight');
  while (answered === calls.length) {
    assert.ok(calls.length < 5000);
    for (let i = 0; i < WIDTH; i++) {
      const call = callTool(gateway.port, `n_${calls.length}`, LONG_ARGUMENTS);
      calls.push(call);
      call.then(
        () => answered++,
        () => {},
      );
    }
    const still = untilStill('the number of answers', () => answered).catch(() => 0);
    await Promise.race([Promise.all(calls), still]);
  }
  assert.ok(answered > 100, `${answered} were served before`);
  const late = callTool(gateway.port, 'late', LONG_ARGUMENTS);
  calls.push(late);
  await until('one more waits', async () => (await countOpen()) === calls.length - answered);
  assert.equal((await gateway.ask('/readyz')).status, 200);
  assert.equal((await gateway.scrape()).get('mcp_gateway_audit_lines_total', { outcome: 'dropped' }), 0);
  limitFiles(gateway.pid, 'unlimited');
  for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
  gateway.kill('SIGTERM');
  assert.equal((await gateway.exit()).code, 0);
  assert.equal(folder.requests().length, calls.length + 1);
  const { code, out } = await verifyTrail(folder.file, '--complete');
  assert.equal(code, 0, out);
});

test('`onFull: drop`: on a full disk requests are served, and what was not written is counted in the chain', async (t) => {
  const { folder, gateway } = await fillDisk(t, 'drop');
  const dropped = async (): Promise<number> =>
    (await gateway.scrape()).get('mcp_gateway_audit_lines_total', { outcome: 'dropped' });
  let served = 1;
  while ((await dropped()) < 20) {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => callTool(gateway.port, `n_${i}`, LONG_ARGUMENTS)),
    );
    assert.ok(answers.every(({ status }) => status === 200));
    served += answers.length;
  }
  limitFiles(gateway.pid, 'unlimited');
  await until('there is room again', () => folder.lines().some(({ audit }) => audit === 'dropped'));
  assert.equal((await openToolCall(gateway.port, 'last').end()).status, 200);
  served++;
  const count = await dropped();
  gateway.kill('SIGTERM');
  assert.equal((await gateway.exit()).code, 0);
  const told = folder.lines().filter(({ audit }) => audit === 'dropped');
  assert.equal(
    told.reduce((sum, line) => sum + (line.count ?? 0), 0),
    count,
  );
  assert.equal(folder.requests().length + count, served);
  const { code, out } = await verifyTrail(folder.file, '--complete');
  assert.equal(code, 0, out);
});
