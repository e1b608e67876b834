// The attacker asks for large answers and reads none of them: each connection pins its answer in the gateway's memory,
// and its call at the upstream, for as long as the attacker likes.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { answerResult, type Behaviour, toEvent } from '../support/fake-upstream.ts';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type AttackedGateway, attackGateway } from './support/attacked-gateway.ts';

const IDLE_MS = 1000;

/** The idle time, with room for a busy machine. */
const PATIENCE_MS = IDLE_MS + 2500;
const MEGABYTE = 'a'.repeat(2 ** 20);

const ANSWERS: readonly [what: string, behaviour: Behaviour][] = [
  [
    'a stream without end',
    (hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const event = toEvent({ method: 'notifications/message', params: { data: MEGABYTE } });
      const fill = (): void => {
        while (!response.destroyed && response.write(event));
      };
      response.on('drain', fill);
      fill();
      return hit.left.then(() => undefined);
    },
  ],
  [
    'one JSON answer of 64 MiB',
    (hit, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"jsonrpc":"2.0","id":${JSON.stringify(hit.message.id)},"result":{"resultType":"`);
      for (let i = 0; i < 64; i++) response.write(MEGABYTE);
      response.end('"}}');
    },
  ],
  [
    'one event of 12 MiB that ends the answer',
    (hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(toEvent({ id: hit.message.id, result: { resultType: 'complete', text: MEGABYTE.repeat(12) } }));
    },
  ],
  [
    'an event of 12 MiB in a stream that is silent afterwards',
    (hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/message', params: { data: MEGABYTE.repeat(12) } }));
      return hit.left.then(() => undefined);
    },
  ],
];

const ATTACKS = ANSWERS.map(([what, behaviour]) => ({
  what,
  behaviour,
  attacked: attackGateway({ upstream: { timeouts: { idle: '1s' } } }),
}));

test('a client that never reads its answer is cut, and the upstream is free', { concurrency: true }, async (t) => {
  await Promise.all(
    ATTACKS.map(({ what, behaviour, attacked }) => t.test(what, () => assertCut(attacked(), behaviour))),
  );
});

async function assertCut(attacked: AttackedGateway, behaviour: Behaviour): Promise<void> {
  const { upstream, port, gateway } = attacked;
  upstream.behave((hit, response) =>
    hit.message.method === 'tools/list' ? answerResult(hit, response) : behaviour(hit, response),
  );
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    attacked.toBytes({
      lines: toHeaderLines('tools/call', 'echo'),
      body: toRequestBody('tools/call', { name: 'echo' }),
    }),
  );
  const [hit] = await upstream.waitForHits(1);
  try {
    await attacked.servesHonestCall();
    const end = performance.now() + PATIENCE_MS;
    let open = 1;
    while (open > 0 && performance.now() < end) {
      await pause(50);
      const text = await gateway.app.metrics.registry.metrics();
      open = Number(/^mcp_gateway_requests_in_flight (\d+)$/m.exec(text)?.[1]);
    }
    assert.equal(open, 0, `still held ${PATIENCE_MS} ms after the last byte was taken`);
    await hit?.left;
  } finally {
    await leave(socket);
  }
  await attacked.servesHonestCall();
}

function leave(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
