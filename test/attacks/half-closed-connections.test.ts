// The attacker gets a connection refused and then never closes its own half. If the gateway only says goodbye and waits,
// each such socket takes a place under the connection limit for ever, and a handful of packets shut the gateway.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sendCall } from '../support/mcp-request.ts';
import { attackGateway } from './support/attacked-gateway.ts';

const LIMIT = 8;

/** How long after its refusal a connection may still be held. */
const GRACE_MS = 2500;

const REFUSED: readonly [what: string, bytes: string][] = [
  ['bytes that are no request', 'xxxxxxxxxx\r\n\r\n'],
  ['CONNECT', 'CONNECT internal.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['an unknown expectation', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nContent-Length: 10\r\n\r\n'],
  ['a header block that is too large', `POST /mcp HTTP/1.1\r\nX: ${'a'.repeat(17_000)}`],
  ['a request that is too slow', 'POST /mcp HTTP/1.1\r\nHost: local'],
  [
    'a body that is too slow',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
  ],
  [
    'a body that is too large',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n{',
  ],
];

const ATTACKS = REFUSED.map(([what, bytes]) => ({
  what,
  bytes,
  attacked: attackGateway({ config: { limits: { connections: LIMIT, requestTimeout: '1s' } } }),
}));

test('clients that never close do not hold refused connections', { concurrency: true }, async (t) => {
  await Promise.all(
    ATTACKS.map(({ what, bytes, attacked }) =>
      t.test(`refused for ${what}`, async () => {
        const { port } = attacked();
        const sockets = await Promise.all(Array.from({ length: LIMIT }, () => refuseAndStay(port, bytes)));
        try {
          assert.ok(await servesWithin(port, GRACE_MS), `no client is let in ${GRACE_MS} ms after ${LIMIT} refusals`);
        } finally {
          await Promise.all(sockets.map(leave));
        }
        assert.ok(await servesWithin(port, GRACE_MS));
      }),
    ),
  );
});

/** Sends bytes, reads until the gateway ends its half, and keeps the other half open. */
function refuseAndStay(port: number, bytes: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('end', () => resolve(socket));
    socket.on('close', () => resolve(socket));
    // A gateway that breaks the connection is welcome to.
    socket.on('error', () => resolve(socket));
    socket.resume();
    socket.write(bytes);
  });
}

async function servesWithin(port: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const { status } = await sendCall(port, 'tools/list');
    if (status === 200) return true;
    await pause(50);
  }
  return false;
}

function leave(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
