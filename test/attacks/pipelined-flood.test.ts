// The attacker holds one call open and pipelines tiny requests behind it without end. Each would cost the gateway a request,
// a response and a log line that stay until the call is over, on one single connection.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { answerResult } from '../support/fake-upstream.ts';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway } from './support/attacked-gateway.ts';

const attacked = attackGateway();

const FLOOD = 20_000;
const TINY = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('a flood of requests behind an open call is not taken in', async () => {
  const { upstream, port } = attacked();
  const before = await countRefusals();
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  upstream.behave(async (hit, response) => {
    if (hit.message.method !== 'tools/list') await Promise.race([mayEnd, hit.left]);
    answerResult(hit, response);
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const isOver = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  try {
    socket.write(
      attacked().toBytes({
        lines: [['Connection', 'keep-alive'], ...toHeaderLines('tools/call', 'echo')],
        body: toRequestBody('tools/call', { name: 'echo' }),
      }),
    );
    await upstream.waitForHits(1);
    const taken = new Promise<void>((resolve) => socket.write(TINY.repeat(FLOOD), () => resolve()));
    await Promise.race([taken, isOver]);
    for (let i = 0; i < 20; i++) await attacked().servesHonestCall();
    const refused = (await countRefusals()) - before;
    assert.ok(refused < 1000, `${refused} of ${FLOOD} requests behind an open call were read and are kept`);
  } finally {
    end();
    socket.destroy();
    upstream.behave(answerResult);
  }
  await isOver;
  await attacked().servesHonestCall();
});

async function countRefusals(): Promise<number> {
  const text = await attacked().gateway.app.metrics.registry.metrics();
  return [...text.matchAll(/^mcp_gateway_refusals_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}
