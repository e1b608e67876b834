// Live tasks through the whole gateway: a slot from the call to the end, however that comes.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { toHeaderLines } from '../../support/mcp-request.ts';
import { type Gateway, startGateway, startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import {
  askTask,
  makeTaskServer,
  readTaskId,
  startTask,
  type TaskServer,
  TOOL,
  toTaskBody,
} from './support/task-client.ts';

interface Scene {
  readonly gateway: Gateway;
  readonly server: TaskServer;
  /** Tasks that can begin now. */
  readonly countRoom: () => Promise<number>;
}

async function start(t: TestContext, tasks: object, pollIntervalMs?: number): Promise<Scene> {
  const server = makeTaskServer(pollIntervalMs);
  const upstream = await startUpstream(t, server.behaviour);
  const quotas = { rules: [{ id: 'tasks', per: 'principal', tasks }] };
  const gateway = await startGateway(t, { instances: [upstream.url], config: { quotas } });
  return {
    gateway,
    server,
    countRoom: async () => {
      const ids: string[] = [];
      for (let next = await startTask(gateway.port); next.status === 200; next = await startTask(gateway.port)) {
        ids.push(readTaskId(next));
      }
      const { status } = server;
      server.status = 'completed';
      for (const id of ids) assert.equal((await askTask(gateway.port, 'tasks/get', id)).status, 200);
      server.status = status;
      return ids.length;
    },
  };
}

test('over the limit a task is refused with how many are alive, and a plain call is not', async (t) => {
  const { gateway, server } = await start(t, { live: 2 });
  assert.deepEqual([(await startTask(gateway.port)).status, (await startTask(gateway.port)).status], [200, 200]);
  const refused = await startTask(gateway.port);
  assert.equal(refused.status, 429);
  const { error } = JSON.parse(refused.text) as { error: { data: Record<string, unknown> } };
  assert.equal(error.data['reason'], 'too_many_tasks');
  assert.deepEqual([error.data['limit'], error.data['live'], error.data['retryAfterMs']], [2, 2, 5000]);
  assert.equal(server.begun.length, 2);
});

test('a terminal status that passes by frees the slot once', async (t) => {
  const { gateway, server, countRoom } = await start(t, { live: 3 });
  const id = readTaskId(await startTask(gateway.port));
  assert.equal(await countRoom(), 2);
  await askTask(gateway.port, 'tasks/get', id);
  assert.equal(await countRoom(), 2);
  server.status = 'failed';
  for (let i = 0; i < 3; i++) await askTask(gateway.port, 'tasks/get', id);
  assert.equal(await countRoom(), 3);
});

test('a cancelled task frees its slot', async (t) => {
  const { gateway, countRoom } = await start(t, { live: 2 });
  const id = readTaskId(await startTask(gateway.port));
  await askTask(gateway.port, 'tasks/cancel', id);
  assert.equal(await countRoom(), 2);
});

test('a task that lived as long as it may frees its slot', async (t) => {
  const { gateway, server, countRoom } = await start(t, { live: 2 });
  server.ttlMs = 50;
  await startTask(gateway.port);
  server.ttlMs = null;
  await until('both slots are free', async () => (await countRoom()) === 2);
});

test('a client that leaves before the answer leaves no slot taken', async (t) => {
  const { gateway, server, countRoom } = await start(t, { live: 1 });
  server.isSilent = true;
  const body = toTaskBody('tools/call', { name: TOOL, arguments: {} });
  const lines = toHeaderLines('tools/call', TOOL).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(gateway.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
  );
  await until('the call is at the server', () => server.declared === true);
  assert.equal((await startTask(gateway.port)).status, 429);
  socket.destroy();
  server.isSilent = false;
  await until('the slot is free', async () => (await countRoom()) === 1);
});

test('with `overLimit: inline` the server is asked without the extension and answers directly', async (t) => {
  const { gateway, server } = await start(t, { live: 1, overLimit: 'inline' });
  assert.match((await startTask(gateway.port)).text, /"task"/);
  const inline = await startTask(gateway.port);
  assert.equal(inline.status, 200);
  assert.match(inline.text, /"complete"/);
  assert.equal(server.declared, false);
});

test('polls sooner than the interval are refused', async (t) => {
  const { gateway } = await start(t, { live: 1 }, 60_000);
  const id = readTaskId(await startTask(gateway.port));
  assert.equal((await askTask(gateway.port, 'tasks/get', id)).status, 200);
  const soon = await askTask(gateway.port, 'tasks/get', id);
  assert.equal(soon.status, 429);
  assert.match(soon.text, /"polled_too_soon"/);
  const retryAfter = Number(soon.headers.get('retry-after'));
  assert.ok(retryAfter > 40 && retryAfter <= 48);
  assert.equal((await askTask(gateway.port, 'tasks/cancel', id)).status, 200);
});
