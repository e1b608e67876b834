// Sick instances leave the rotation and come back; when none is left, the client is told when to ask again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerResult, type Behaviour, type FakeUpstream } from '../support/fake-upstream.ts';
import { sendCall } from '../support/mcp-request.ts';
import { type Gateway, startGateway, startUpstream, startUpstreams } from './support/start.ts';
import { until } from './support/until.ts';

const reset: Behaviour = (hit) => void hit.request.socket.resetAndDestroy();
const callTool = (gateway: Gateway) => sendCall(gateway.port, 'tools/call', { name: 'plain', arguments: {} }, 'plain');

/** Calls alone: the health checks of any gateway on this machine may find a port. */
const countCalls = ({ hits }: FakeUpstream): number =>
  hits.filter(({ message }) => message.method === 'tools/call').length;

async function isHealthy(gateway: Gateway, port: number): Promise<boolean> {
  const labels = { upstream: 'fleet', instance: `127.0.0.1:${port}` };
  return (await gateway.scrape()).get('mcp_gateway_upstream_instance_healthy', labels) === 1;
}

test('an instance is ejected after three failures in a row and returns after its time', async (t) => {
  const sick = await startUpstream(t, reset);
  const well = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [sick.url, well.url],
    upstream: { health: { ejectAfter: 3, ejectFor: '700ms' } },
  });
  const statuses: number[] = [];
  while (await isHealthy(gateway, sick.port)) {
    statuses.push((await callTool(gateway)).status);
    assert.ok(statuses.length <= 6, 'three failures of six calls eject');
  }
  assert.deepEqual(
    statuses.filter((status) => status === 502),
    [502, 502, 502],
  );
  assert.equal(countCalls(sick), 3);
  for (let i = 0; i < 6; i++) assert.equal((await callTool(gateway)).status, 200);
  assert.equal(countCalls(sick), 3);
  const ejections = { upstream: 'fleet', instance: `127.0.0.1:${sick.port}` };
  assert.equal((await gateway.scrape()).get('mcp_gateway_upstream_ejections_total', ejections), 1);
  sick.behave(answerResult);
  await until('the instance returns', () => isHealthy(gateway, sick.port), 2_000);
  for (let i = 0; i < 4; i++) assert.equal((await callTool(gateway)).status, 200);
  assert.equal(countCalls(sick), 5);
});

test('an instance back on probation is ejected again by its first failure', async (t) => {
  const sick = await startUpstream(t, reset);
  const well = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [sick.url, well.url],
    upstream: { health: { ejectAfter: 2, ejectFor: '300ms' } },
  });
  for (let i = 0; i < 4; i++) await callTool(gateway);
  assert.equal(await isHealthy(gateway, sick.port), false);
  await until('the instance returns', () => isHealthy(gateway, sick.port), 2_000);
  for (let i = 0; i < 2; i++) await callTool(gateway);
  assert.equal(await isHealthy(gateway, sick.port), false);
  assert.equal(countCalls(sick), 3);
});

test('a server that is right to say no is not sick', async (t) => {
  const upstream = await startUpstream(t, (hit, response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, error: { code: -32602, message: 'no' } }));
  });
  const other = await startUpstream(t, (_hit, response) => void response.writeHead(401).end());
  const gateway = await startGateway(t, {
    instances: [upstream.url, other.url],
    upstream: { health: { ejectAfter: 1, ejectAtMost: '100%' } },
  });
  for (let i = 0; i < 6; i++) await callTool(gateway);
  assert.deepEqual([upstream.hits.length, other.hits.length], [3, 3]);
});

test('active checks take a dead instance out and back in without a call failing', async (t) => {
  const stays = await startUpstream(t);
  const dies = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [stays.url, dies.url],
    upstream: { health: { active: { every: '50ms', timeout: '500ms' } } },
  });
  await until('both are checked', () => stays.hits.length > 0 && dies.hits.length > 0);
  assert.equal(dies.hits[0]?.message.method, 'server/discover');
  dies.behave(reset);
  await until('the dead one is out', async () => !(await isHealthy(gateway, dies.port)));
  for (let i = 0; i < 4; i++) assert.equal((await callTool(gateway)).status, 200);
  assert.equal(countCalls(dies), 0);
  dies.behave(answerResult);
  await until('it is back in', () => isHealthy(gateway, dies.port));
  for (let i = 0; i < 4; i++) assert.equal((await callTool(gateway)).status, 200);
  assert.equal(countCalls(dies), 2);
});

test('with every instance out the answer is 503 with Retry-After, until one is back', async (t) => {
  const fleet = await startUpstreams(t, 2);
  const gateway = await startGateway(t, {
    instances: fleet.map(({ url }) => url),
    upstream: { health: { active: { every: '50ms', timeout: '500ms' } } },
  });
  for (const upstream of fleet) upstream.behave((_hit, response) => void response.writeHead(500).end());
  for (const { port } of fleet) await until('all are out', async () => !(await isHealthy(gateway, port)));
  const { status, headers, text, whole } = await callTool(gateway);
  assert.deepEqual([status, whole], [503, true]);
  assert.match(headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
  const { id, error } = JSON.parse(text) as { id: unknown; error: { code: number; data: unknown } };
  assert.deepEqual([id, error.code, error.data], [1, -32603, { reason: 'no_instance' }]);
  fleet[0]?.behave(answerResult);
  await until('one is back', () => isHealthy(gateway, fleet[0]?.port ?? 0));
  assert.equal((await callTool(gateway)).status, 200);
});
