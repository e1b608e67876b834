// Three replicas that share only their keys, before three servers that share nothing: every request takes another way.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callMcp, type McpCall, type McpOutcome } from '../../../gateway/demo/mcp-call.ts';
import { startRoundRobinFront } from '../../conformance/round-robin-front.ts';
import { startConformanceServer } from '../../support/conformance-server.ts';
import { startGateway } from '../support/start.ts';
import { until } from '../support/until.ts';

const CAPABILITIES = { elicitation: { form: {} }, extensions: { 'io.modelcontextprotocol/tasks': {} } };
const KEYS = [{ id: 'k1', secret: Buffer.alloc(32, 'k1').toString('base64') }];

interface Replicas {
  readonly call: (call: McpCall) => Promise<McpOutcome>;
  /** Replicas by index, in the order they were asked. */
  readonly asked: readonly number[];
}

async function start(t: TestContext, sealings: readonly object[]): Promise<Replicas> {
  const servers = await Promise.all([0, 1, 2].map(() => startConformanceServer()));
  t.after(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const instances = servers.map(({ url }) => url);
  const gateways = await Promise.all(sealings.map((sealing) => startGateway(t, { instances, config: { sealing } })));
  const front = await startRoundRobinFront(gateways.map(({ port }) => port));
  t.after(() => front.close());
  const url = `${front.origin}/mcp`;
  return { asked: front.asked, call: (call) => callMcp(url, { capabilities: CAPABILITIES, ...call }) };
}

const same = (sealing: object): readonly object[] => [sealing, sealing, sealing];

test('a task is steered to its end through any replica, though one server alone knows it', async (t) => {
  const { call, asked } = await start(t, same({ keys: KEYS }));
  const seen = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const begun = await call({
      method: 'tools/call',
      params: { name: 'confirm_delete', arguments: { filename: 'a' } },
    });
    const taskId = String(begun.response.result?.taskId);
    seen.add(taskId);
    const read = async () => (await call({ method: 'tasks/get', params: { taskId } })).response.result;
    await until('the task asks', async () => (await read())?.status === 'input_required');
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } };
    const update = await call({ method: 'tasks/update', params: { taskId, inputResponses } });
    assert.equal(update.status, 200, JSON.stringify(update.response));
    await until('the task completes', async () => (await read())?.status === 'completed');
    const done = await read();
    assert.equal(done?.taskId, taskId);
    assert.match(JSON.stringify(done.result), /deleted a/);
  }
  assert.equal(seen.size, 4);
  assert.ok(asked.every((replica, at) => replica === at % 3));
});

test('a call in several rounds goes on at any replica', async (t) => {
  const { call } = await start(t, same({ keys: KEYS }));
  const params = { name: 'test_input_required_result_multi_round', arguments: {} };
  const answers = [
    { step1: { action: 'accept', content: { name: 'Ada' } } },
    { step2: { action: 'accept', content: { color: 'blue' } } },
  ];
  let { response } = await call({ method: 'tools/call', params });
  for (const inputResponses of answers) {
    const { requestState, resultType } = response.result ?? {};
    assert.equal(resultType, 'input_required');
    response = (await call({ method: 'tools/call', params: { ...params, requestState, inputResponses } })).response;
  }
  assert.match(JSON.stringify(response.result), /Ada likes blue/);
});

test('a replica with other keys opens nothing, and one in the middle of a rotation opens both', async (t) => {
  const newKey = { id: 'k2', secret: Buffer.alloc(32, 'k2').toString('base64') };
  const [old] = KEYS;
  const rotating = { keys: [newKey, { ...old, openOnly: true }] };
  const { call } = await start(t, [{ keys: [old, { ...newKey, openOnly: true }] }, rotating, { keys: [newKey] }]);
  const begin = () => call({ method: 'tools/call', params: { name: 'slow_compute', arguments: { seconds: 60 } } });
  const ask = (begun: McpOutcome) => call({ method: 'tasks/get', params: { taskId: begun.response.result?.taskId } });
  const byOld = await begin();
  assert.equal((await ask(byOld)).status, 200, 'the second has both keys');
  assert.equal((await ask(byOld)).status, 400, 'the third never had the old one');
  const none = await begin();
  assert.equal(none.status, 200);
  const byNew = await begin();
  assert.equal((await ask(byNew)).status, 200);
  assert.equal((await ask(byNew)).status, 200, 'the first opens the new key already');
  for (const begun of [byOld, none, byNew]) {
    for (let i = 0; i < 3; i++)
      await call({ method: 'tasks/cancel', params: { taskId: begun.response.result?.taskId } });
  }
});

test('without affinity a task is asked for anywhere, which these servers cannot bear', async (t) => {
  const { call } = await start(t, same({ keys: KEYS, tasks: { affinity: 'none' } }));
  const begun = await call({ method: 'tools/call', params: { name: 'slow_compute', arguments: { seconds: 60 } } });
  const { taskId } = begun.response.result ?? {};
  const statuses: number[] = [];
  for (let i = 0; i < 9; i++) statuses.push((await call({ method: 'tasks/get', params: { taskId } })).status);
  assert.ok(statuses.includes(400) && statuses.includes(200), statuses.join());
  for (let i = 0; i < 9; i++) await call({ method: 'tasks/cancel', params: { taskId } });
});
