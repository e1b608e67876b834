// A client that leaves ends the work behind the gateway at once, however far its request has come.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Behaviour } from '../support/fake-upstream.ts';
import { toEvent } from '../support/fake-upstream.ts';
import { makeTlsFiles, startTlsUpstream } from './support/certificates.ts';
import { openCall, openToolCall } from './support/open-call.ts';
import { startRawUpstream } from './support/raw-upstream.ts';
import { type Gateway, startGateway, startUpstream } from './support/start.ts';
import { until, within } from './support/until.ts';

const PROMPTLY_MS = 1_000;

const untilIdle = (gateway: Gateway): Promise<void> =>
  until('nothing is in flight', async () => (await gateway.countInFlight()) === 0, PROMPTLY_MS);

/** Opens a call, leaves it once `seen` has come, and expects the upstream to lose its connection. */
async function leaveAfter(t: TestContext, behaviour: Behaviour, seen: string | undefined): Promise<void> {
  const upstream = await startUpstream(t, behaviour);
  const gateway = await startGateway(t, { instances: [upstream.url] });
  const call = openToolCall(gateway.port);
  const [hit] = await within(5_000, 'the request', upstream.waitForHits(1));
  assert.equal(await gateway.countInFlight(), 1);
  if (seen !== undefined) await call.read(seen);
  call.leave();
  assert.equal(await within(PROMPTLY_MS, 'the upstream to be told', hit?.left ?? Promise.resolve(false)), true);
  await untilIdle(gateway);
  const counted = { method: 'tools/call', upstream: 'fleet', outcome: 'client_left' };
  assert.equal((await gateway.scrape()).get('mcp_gateway_requests_total', counted), 1);
}

test('a client that leaves before the answer began closes the upstream connection', (t) =>
  leaveAfter(t, () => {}, undefined));

test('a client that leaves after the upstream sent its headers closes the upstream connection', (t) =>
  leaveAfter(
    t,
    (_hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    },
    undefined,
  ));

test('a client that leaves in the middle of an event stream closes the upstream connection', (t) =>
  leaveAfter(
    t,
    (_hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }));
    },
    'notifications/progress',
  ));

test('a client that leaves in the middle of a large JSON answer closes the upstream connection', (t) =>
  leaveAfter(
    t,
    (_hit, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(400_000)}`);
    },
    'xxx',
  ));

test('a client that leaves a listening stream closes the upstream connection', async (t) => {
  const upstream = await startUpstream(t, (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEvent({ method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } }));
  });
  const gateway = await startGateway(t, { instances: [upstream.url] });
  const call = openCall({ port: gateway.port, method: 'subscriptions/listen', params: { notifications: {} } });
  await call.read('acknowledged');
  call.leave();
  assert.equal(await within(PROMPTLY_MS, 'the upstream to be told', upstream.hits[0]?.left ?? Promise.reject()), true);
  await untilIdle(gateway);
});

test('a call left while the upstream connection is being made never reaches the upstream', async (t) => {
  const tls = await makeTlsFiles(t);
  const behind = await startTlsUpstream(t, tls.here);
  const front = await startRawUpstream(t);
  const gateway = await startGateway(t, {
    instances: [front.tlsUrl],
    upstream: { tls: { ca: await tls.write(tls.authority.ca) }, timeouts: { connect: '20s' } },
  });
  const call = openToolCall(gateway.port, 'plain', 'first');
  await until('the gateway connects', () => front.sockets.length === 1);
  call.leave();
  await untilIdle(gateway);
  // The handshake comes about after all; the connection is closed, and the next call is the first one to arrive.
  const join = (): void => {
    for (const socket of front.sockets.slice(joined)) socket.pipe(connect(behind.port, '127.0.0.1')).pipe(socket);
    joined = front.sockets.length;
  };
  let joined = 0;
  const closed = once(front.sockets[0] ?? assert.fail(), 'close');
  join();
  await within(5_000, 'the connection to close', closed);
  const next = openToolCall(gateway.port, 'plain', 'second');
  await until('the gateway connects again', () => front.sockets.length > joined);
  join();
  assert.equal((await next.end()).status, 200);
  assert.deepEqual(
    behind.hits.map(({ id }) => id),
    ['second'],
  );
});

test('a call left while its body is being sent upstream is not sent to its end', async (t) => {
  const size = 30_000_000;
  let received = 0;
  const upstream = await startRawUpstream(t, (socket) => {
    socket.once('data', (chunk) => {
      received += chunk.length;
      socket.pause();
    });
  });
  const gateway = await startGateway(t, { instances: [upstream.url], config: { limits: { body: '64MiB' } } });
  const params = { name: 'plain', arguments: { text: 'x'.repeat(size) } };
  const call = openCall({ port: gateway.port, method: 'tools/call', params, name: 'plain' });
  await until('the upstream gets the first bytes', () => received > 0, 10_000);
  call.leave();
  await untilIdle(gateway);
  const [socket] = upstream.sockets;
  assert.ok(socket);
  const closed = once(socket, 'close');
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.resume();
  await within(PROMPTLY_MS, 'the connection to close', closed);
  assert.ok(received < size, `${received} bytes arrived`);
});
