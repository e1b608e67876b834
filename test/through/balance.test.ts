// Calls spread over the instances of an upstream: evenly, or away from the busy ones.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { answerResult } from '../support/fake-upstream.ts';
import { sendCall, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { openToolCall } from './support/open-call.ts';
import { countHits, startGateway, startUpstream, startUpstreams } from './support/start.ts';
import { until } from './support/until.ts';

const callTool = (port: number) => sendCall(port, 'tools/call', { name: 'plain', arguments: {} }, 'plain');

test('calls one after another spread evenly over three instances', async (t) => {
  const fleet = await startUpstreams(t, 3);
  const gateway = await startGateway(t, { instances: fleet.map(({ url }) => url) });
  for (let i = 0; i < 30; i++) assert.equal((await callTool(gateway.port)).status, 200);
  assert.deepEqual(
    fleet.map(({ hits }) => hits.length),
    [10, 10, 10],
  );
});

test('three hundred concurrent calls are all answered and spread evenly', async (t) => {
  const fleet = await startUpstreams(t, 3, (hit, response) => void setTimeout(() => answerResult(hit, response), 5));
  const gateway = await startGateway(t, { instances: fleet.map(({ url }) => url) });
  const answers = await Promise.all(Array.from({ length: 300 }, () => callTool(gateway.port)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(
    fleet.map(({ hits }) => hits.length),
    [100, 100, 100],
  );
  await until('nothing is in flight', async () => (await gateway.countInFlight()) === 0, 1_000);
});

test('least-requests sends nothing to the busy instance while the others are free', async (t) => {
  const fleet = await startUpstreams(t, 3);
  for (const upstream of fleet) {
    upstream.behave((hit, response) => {
      if (hit.message.params.name !== 'stuck') answerResult(hit, response);
    });
  }
  const gateway = await startGateway(t, {
    instances: fleet.map(({ url }) => url),
    upstream: { balance: 'least-requests' },
  });
  const stuck = openToolCall(gateway.port, 'stuck');
  await until('the stuck call has landed', () => countHits(fleet) === 1);
  const busy = fleet.filter(({ hits }) => hits.length === 1);
  for (let i = 0; i < 20; i++) assert.equal((await callTool(gateway.port)).status, 200);
  assert.deepEqual(
    fleet.map((upstream) => upstream.hits.length).toSorted((a, b) => a - b),
    [1, 10, 10],
  );
  assert.deepEqual(
    fleet.filter(({ hits }) => hits.length === 1),
    busy,
  );
  stuck.leave();
});

test('two hundred calls one after another on one connection are all answered, large or small', async (t) => {
  const upstream = await startUpstream(t, (hit, response) => {
    const text = 'x'.repeat(Number(hit.message.id) % 10 === 0 ? 2_000_000 : 10);
    answerResult(hit, response, { resultType: 'complete', text });
  });
  const gateway = await startGateway(t, { instances: [upstream.url] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set<unknown>();
  for (let id = 1; id <= 200; id++) {
    const { status, length, port } = await callOn(agent, gateway.port, id);
    assert.equal(status, 200);
    assert.ok(length > (id % 10 === 0 ? 2_000_000 : 10));
    ports.add(port);
  }
  assert.equal(ports.size, 1);
});

function callOn(agent: Agent, port: number, id: number): Promise<{ status: number; length: number; port: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(toHeaderLines('tools/call', 'plain'));
    const call = request({ agent, host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, length, port: call.socket?.localPort }));
    });
    call.on('error', reject);
    call.end(toRequestBody('tools/call', { name: 'plain' }, id));
  });
}
