// More than the process can take on: 503 at once with a time to come back, nobody else is harmed, and it ends by itself.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { answerResult, type FakeUpstream } from '../support/fake-upstream.ts';
import { type RawAnswer, sendCall, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type ChildGateway, startChildGateway, toConfig } from './support/child-gateway.ts';
import { openToolCall } from './support/open-call.ts';
import { startUpstream } from './support/start.ts';
import { until } from './support/until.ts';

interface Scene {
  readonly gateway: ChildGateway;
  readonly upstream: FakeUpstream;
  /** Answers the calls of the tool `held`. */
  readonly release: () => void;
}

async function start(t: TestContext, limits: object): Promise<Scene> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, async (hit, response) => {
    if (hit.message.params['name'] === 'held') await released;
    answerResult(hit, response);
  });
  const gateway = await startChildGateway(t, toConfig([upstream.url], { limits }));
  return { gateway, upstream, release };
}

const callPlain = (port: number): Promise<RawAnswer> => sendCall(port, 'tools/call', { name: 'plain' }, 'plain');

/** A call whose body has this many bytes at least. */
function callWith(port: number, bytes: number, name = 'plain'): Promise<RawAnswer> {
  const body = toRequestBody('tools/call', { name, arguments: { a: 'a'.repeat(bytes) } });
  return sendRaw({ port, lines: toHeaderLines('tools/call', name), body });
}

function assertShed(answer: RawAnswer): void {
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.headers.get('retry-after'), '1');
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.ok(answer.whole);
  const { jsonrpc, error } = JSON.parse(answer.text) as {
    jsonrpc: string;
    error: { code: number; data: { reason: string } };
  };
  assert.deepEqual([jsonrpc, error.code, error.data.reason], ['2.0', -32603, 'overloaded']);
}

/** Whoever watches the process, and whoever balances load, still sees it. */
async function assertSeen({ gateway }: Scene): Promise<void> {
  assert.equal((await gateway.ask('/readyz')).status, 200);
  assert.equal((await gateway.ask('/livez')).status, 200);
  assert.ok((await gateway.scrape()).get('mcp_gateway_refusals_total', { kind: 'overloaded' }) > 0);
}

/** The reasons in the log, each once. */
const readReasons = ({ gateway }: Scene): readonly unknown[] => [
  ...new Set(gateway.log.filter(({ kind }) => kind === 'overloaded').map(({ reason }) => reason)),
];

test('past `inFlight` new requests are refused at once, and those that are open get their answers', async (t) => {
  const scene = await start(t, { inFlight: 3, eventLoopDelay: '0s' });
  const { gateway, upstream, release } = scene;
  const open = [1, 2, 3].map((id) => openToolCall(gateway.port, 'held', id));
  await upstream.waitForHits(3);
  const startedMs = performance.now();
  const shed = await Promise.all(Array.from({ length: 30 }, () => callPlain(gateway.port)));
  assert.ok(performance.now() - startedMs < 2000);
  shed.forEach(assertShed);
  assertShed(await callWith(gateway.port, 900_000));
  await assertSeen(scene);
  assert.equal(upstream.hits.length, 3);
  release();
  for (const call of open) assert.equal((await call.end()).status, 200);
  for (let i = 0; i < 20; i++) assert.equal((await callPlain(gateway.port)).status, 200);
  assert.deepEqual(readReasons(scene), ['in_flight']);
});

test('past `queuedBytes` bodies are refused, small ones are served, and room comes back', async (t) => {
  const scene = await start(t, { body: '64KiB', queuedBytes: '64KiB', eventLoopDelay: '0s' });
  const { gateway, upstream, release } = scene;
  const held = callWith(gateway.port, 40_000, 'held');
  await upstream.waitForHits(1);
  (await Promise.all(Array.from({ length: 20 }, () => callWith(gateway.port, 40_000)))).forEach(assertShed);
  assert.equal((await callPlain(gateway.port)).status, 200);
  await assertSeen(scene);
  release();
  assert.equal((await held).status, 200);
  await until('there is room again', async () => (await callWith(gateway.port, 60_000)).status === 200);
  for (let i = 0; i < 20; i++) assert.equal((await callWith(gateway.port, 60_000)).status, 200);
  assert.deepEqual(readReasons(scene), ['queued_bytes']);
});

test('what clients sent who left half-way holds no room', async (t) => {
  const { gateway, upstream } = await start(t, { body: '64KiB', queuedBytes: '64KiB', eventLoopDelay: '0s' });
  const lines = toHeaderLines('tools/call', 'plain').map(([name, value]) => `${name}: ${value}\r\n`);
  for (let i = 0; i < 10; i++) {
    const socket = connect(gateway.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await new Promise<void>((resolve) => {
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65000\r\n${lines.join('')}\r\n${'{'.repeat(30_000)}`,
        () => resolve(),
      );
    });
    socket.destroy();
  }
  await until('there is room again', async () => (await callWith(gateway.port, 60_000)).status === 200);
  for (let i = 0; i < 10; i++) assert.equal((await callWith(gateway.port, 60_000)).status, 200);
  assert.ok(upstream.hits.length >= 11);
});

test('while the event loop is late requests are refused before they cost anything, and then served again', async (t) => {
  const scene = await start(t, { eventLoopDelay: '300ms' });
  const { gateway, upstream } = scene;
  assert.equal((await callPlain(gateway.port)).status, 200);
  gateway.kill('SIGSTOP');
  const stoppedMs = performance.now();
  await until('the process has stood still for long', () => performance.now() - stoppedMs > 1500);
  const calls = Array.from({ length: 10 }, () => callPlain(gateway.port));
  gateway.kill('SIGCONT');
  const answers = await Promise.all(calls);
  assert.ok(answers.some(({ status }) => status === 503));
  answers.filter(({ status }) => status !== 200).forEach(assertShed);
  await assertSeen(scene);
  await until('it serves again', async () => (await callPlain(gateway.port)).status === 200);
  assert.deepEqual(readReasons(scene), ['event_loop']);
  assert.ok(upstream.hits.length >= 2);
});

test('connections beyond their limit are told so at once, and leave those within it and the admin listener alone', async (t) => {
  const { gateway, release } = await start(t, { connections: 5, eventLoopDelay: '0s' });
  const held = [1, 2, 3].map((id) => openToolCall(gateway.port, 'held', id));
  await until('all are open', async () => (await gateway.scrape()).get('mcp_gateway_requests_in_flight') === 3);
  const answers: string[] = [];
  const sockets = Array.from({ length: 20 }, () => connect(gateway.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('data', (piece) => answers.push(piece.toString()));
    socket.on('error', () => {});
    t.after(() => socket.destroy());
  }
  await until('all but two are closed', () => sockets.filter(({ closed }) => closed).length === 18);
  assert.equal(answers.length, 18);
  for (const answer of answers) {
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.match(answer, /\r\nretry-after: 1\r\n/i);
    assert.match(answer, /"reason":"overloaded"/);
  }
  assert.equal((await gateway.ask('/readyz')).status, 200);
  release();
  for (const call of held) assert.equal((await call.end()).status, 200);
  for (const socket of sockets) socket.destroy();
  await until('new connections are served', async () => (await callPlain(gateway.port)).status === 200);
});

test('the limits are read anew with the configuration', async (t) => {
  const { gateway, upstream, release } = await start(t, { inFlight: 5, eventLoopDelay: '0s' });
  const held = openToolCall(gateway.port, 'held');
  await upstream.waitForHits(1);
  assert.equal((await callPlain(gateway.port)).status, 200);
  await gateway.write(toConfig([upstream.url], { limits: { inFlight: 1, eventLoopDelay: '0s' } }));
  gateway.kill('SIGHUP');
  await gateway.waitForLog('configuration in force');
  assertShed(await callPlain(gateway.port));
  release();
  assert.equal((await held.end()).status, 200);
  assert.equal((await callPlain(gateway.port)).status, 200);
});
