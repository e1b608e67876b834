// Answers pass as they come: event by event, byte for byte, at the pace of the client.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { toEvent } from '../support/fake-upstream.ts';
import { openToolCall, toError } from './support/open-call.ts';
import { startGateway, startUpstream } from './support/start.ts';
import { untilStill } from './support/until.ts';

const MIB = 1024 * 1024;
const toResult = (text: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: { resultType: 'complete', text } });
const progress = (step: number, text = ''): string =>
  toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: step, message: text } });

/** Text that no compression or repetition could hide a mistake in. */
function makeText(length: number): string {
  let seed = 1;
  const letters = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    letters[i] = 0x61 + ((seed >> 16) % 26);
  }
  return letters.toString('latin1');
}

/** Writes at the pace the gateway reads, and tells how much is gone. */
function writeAll(response: ServerResponse, pieces: readonly Buffer[], onSent: (bytes: number) => void): void {
  let next = 0;
  const go = (): void => {
    for (let goesOn = true; goesOn && next < pieces.length; next++) {
      const piece = pieces[next] as Buffer;
      goesOn = response.write(piece);
      onSent(piece.length);
    }
    if (next === pieces.length) response.end();
  };
  response.on('drain', go);
  go();
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

test('each event reaches the client before the upstream sends the next one', async (t) => {
  const steps: (() => void)[] = [];
  const upstream = await startUpstream(t, async (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let step = 1; step <= 3; step++) {
      response.write(progress(step));
      await new Promise<void>((resolve) => steps.push(resolve));
    }
    response.write(': a comment alone\n');
    await new Promise<void>((resolve) => steps.push(resolve));
    response.end(`data: ${toResult('done')}\n\n`);
  });
  const gateway = await startGateway(t, { instances: [upstream.url] });
  const call = openToolCall(gateway.port);
  for (let step = 1; step <= 3; step++) {
    const text = await call.read(`"progress":${step}`);
    assert.ok(!text.includes(`"progress":${step + 1}`));
    steps[step - 1]?.();
  }
  assert.ok(!(await call.read(': a comment alone\n')).includes('done'));
  steps[3]?.();
  const { whole, text, headers } = await call.end();
  assert.equal(whole, true);
  assert.equal(text, `${progress(1)}${progress(2)}${progress(3)}: a comment alone\ndata: ${toResult('done')}\n\n`);
  assert.equal(headers['content-type'], 'text/event-stream');
  assert.equal(headers['x-accel-buffering'], 'no');
});

test('characters cut anywhere between chunks arrive as they were, as events and as JSON', async (t) => {
  const words = 'é 日本 😀 ';
  const bodies = [
    { type: 'text/event-stream', bytes: Buffer.from(`${progress(1, words)}data: ${toResult(words)}\n\n`), size: 1 },
    { type: 'application/json', bytes: Buffer.from(toResult(words)), size: 1 },
    { type: 'application/json', bytes: Buffer.from(toResult(words.repeat(20_000))), size: 997 },
    { type: 'text/event-stream', bytes: Buffer.from(`data: ${toResult(words.repeat(20_000))}\n\n`), size: 997 },
  ];
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { instances: [upstream.url] });
  for (const { type, bytes, size } of bodies) {
    upstream.behave(async (_hit, response) => {
      response.socket?.setNoDelay(true);
      response.writeHead(200, { 'content-type': type });
      for (const piece of cut(bytes, size)) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const { whole, body } = await openToolCall(gateway.port).end();
    assert.equal(whole, true);
    assert.ok(body.equals(bytes), `${type} of ${bytes.length} bytes`);
  }
});

const LARGE = [
  { what: 'a JSON answer of 64 MiB', type: 'application/json', make: () => toResult(makeText(64 * MIB)) },
  {
    what: '64 MiB of small events',
    type: 'text/event-stream',
    make: () => `${progress(1, makeText(8 * 1024)).repeat(8 * 1024)}data: ${toResult('done')}\n\n`,
  },
  {
    what: '64 MiB of events larger than any buffer',
    type: 'text/event-stream',
    make: () => `${progress(1, makeText(MIB)).repeat(64)}data: ${toResult('done')}\n\n`,
  },
];

for (const { what, type, make } of LARGE) {
  test(`${what} waits while the client does not read, and then passes byte for byte`, async (t) => {
    const bytes = Buffer.from(make());
    let sent = 0;
    const upstream = await startUpstream(t, (_hit, response) => {
      response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
      writeAll(response, cut(bytes, 64 * 1024), (count) => {
        sent += count;
      });
    });
    const gateway = await startGateway(t, { instances: [upstream.url] });
    const before = process.memoryUsage().arrayBuffers;
    const call = openToolCall(gateway.port);
    await call.head();
    const stalledAt = await untilStill('what the upstream could send', () => sent);
    assert.ok(stalledAt < bytes.length, `the upstream could send all ${stalledAt} bytes`);
    const held = process.memoryUsage().arrayBuffers - before;
    assert.ok(held < 16 * MIB, `${held} bytes are held`);
    const { whole, body } = await call.end(8_000);
    assert.equal(whole, true);
    assert.ok(body.equals(bytes));
  });
}

test('one event of 15 MiB passes, one beyond 16 MiB is a failure of the server', async (t) => {
  const upstream = await startUpstream(t, (hit, response) => {
    const size = hit.message.params.name === 'fits' ? 15 * MIB : 17 * MIB;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`data: ${toResult('x'.repeat(size))}\n\n`);
  });
  const gateway = await startGateway(t, { instances: [upstream.url] });
  const fits = await openToolCall(gateway.port, 'fits').end();
  assert.deepEqual([fits.status, fits.whole, fits.body.length > 15 * MIB], [200, true, true]);
  const beyond = await openToolCall(gateway.port, 'beyond').end();
  assert.deepEqual([beyond.status, toError(beyond).code], [502, -32603]);
});
