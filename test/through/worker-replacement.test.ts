// A worker that dies costs its own calls, and another one takes its place without anybody noticing more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendCall } from '../support/mcp-request.ts';
import { openToolCall } from './support/open-call.ts';
import { readWorkers, startTwoWorkers } from './support/two-workers.ts';
import { until, within } from './support/until.ts';

const callTool = (port: number) => sendCall(port, 'tools/call', { name: 'plain' }, 'plain');

test('two workers share the port and both serve; one that is killed costs its own calls and is replaced', async (t) => {
  const { gateway, upstream, release } = await startTwoWorkers(t);
  const pids = await readWorkers(gateway);
  assert.equal(pids.length, 2);
  const held = Array.from({ length: 8 }, () => openToolCall(gateway.port, 'held'));
  await within(5_000, 'all calls', upstream.waitForHits(8));
  const [killed = 0] = pids;
  process.kill(killed, 'SIGKILL');
  await until('a new worker serves', async () => {
    const workers = await readWorkers(gateway);
    assert.equal((await gateway.ask('/readyz')).status, 200, 'one worker less is not unready');
    return workers.length === 2 && !workers.includes(killed);
  });
  release();
  const answers = await Promise.all(held.map((call) => call.end()));
  // Each worker had some of the calls; those of the one that lives are answered.
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([0, 200]));
  for (let i = 0; i < 10; i++) assert.equal((await callTool(gateway.port)).status, 200);
});

test('metrics are told while a worker is being replaced', async (t) => {
  const { gateway, upstream, release } = await startTwoWorkers(t);
  const held = Array.from({ length: 8 }, () => openToolCall(gateway.port, 'held'));
  await within(5_000, 'all calls', upstream.waitForHits(8));
  assert.equal((await gateway.scrape()).get('mcp_gateway_requests_in_flight'), 8);
  const [killed = 0] = await readWorkers(gateway);
  process.kill(killed, 'SIGKILL');
  await until('a new worker serves', async () => {
    const metrics = await within(2_000, 'a scrape', gateway.scrape());
    const inFlight = metrics.get('mcp_gateway_requests_in_flight');
    assert.ok(inFlight > 0 && inFlight < 8, `${inFlight} in flight`);
    return (await readWorkers(gateway)).length === 2;
  });
  release();
  await Promise.all(held.map((call) => call.end()));
});

test('a new worker serves the configuration in force, whatever the file says by now', async (t) => {
  const { gateway, upstream } = await startTwoWorkers(t);
  await gateway.write('listen: {');
  gateway.kill('SIGHUP');
  await gateway.waitForLog('configuration kept: the new one has errors');
  const [killed = 0] = await readWorkers(gateway);
  process.kill(killed, 'SIGKILL');
  await gateway.waitForLog('worker ended');
  await until('a new worker serves', async () => (await readWorkers(gateway)).length === 2, 4_000);
  for (let i = 0; i < 4; i++) assert.equal((await callTool(gateway.port)).status, 200);
  assert.equal(upstream.hits.length, 4);
});
