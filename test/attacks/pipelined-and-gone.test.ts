// The attacker pipelines calls on one connection and leaves. Node tells only the answer at the head of the queue that the
// connection is gone; the others would run on upstream, unrecorded, and stay in memory for ever.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { answerResult } from '../support/fake-upstream.ts';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway } from './support/attacked-gateway.ts';

const attacked = attackGateway();

const CALLS = 4;

test('every call of a connection that is gone is cancelled upstream and counted', async () => {
  const { upstream, port } = attacked();
  const seen = upstream.hits.length;
  upstream.behave((hit, response) => {
    if (hit.message.method === 'tools/list') answerResult(hit, response);
  });
  const counted = await readMetric('mcp_gateway_requests_total');
  const socket = connect(port, '127.0.0.1');
  const bytes = Array.from({ length: CALLS }, (_, id) =>
    attacked().toBytes({
      lines: [['Connection', 'keep-alive'], ...toHeaderLines('tools/call', 'echo')],
      body: toRequestBody('tools/call', { name: 'echo' }, id),
    }),
  );
  socket.write(Buffer.concat(bytes));
  await upstream.waitForHits(seen + 1);
  // What was written first has been read, and sent on if it ever will be, once another connection has its answer.
  await attacked().servesHonestCall();
  socket.destroy();
  const calls = upstream.hits.slice(seen).filter(({ message }) => message.method === 'tools/call');
  const left = await Promise.all(calls.map(({ left }) => Promise.race([left, passes(2000)])));
  upstream.behave(answerResult);
  assert.ok(calls.length >= 1);
  assert.deepEqual(
    left,
    calls.map(() => true),
  );
  await attacked().servesHonestCall();
  const ended = (await readMetric('mcp_gateway_requests_total')) - counted;
  assert.ok(ended >= calls.length + 2, `${ended} requests were counted`);
  assert.equal(await readMetric('mcp_gateway_requests_in_flight'), 0);
});

/** The sum of all rows of a metric. */
async function readMetric(name: string): Promise<number> {
  const text = await attacked().gateway.app.metrics.registry.metrics();
  return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? ([0-9]+)$`, 'gm'))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

function passes(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
