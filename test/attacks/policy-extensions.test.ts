// The attacker declares extensions it was not granted, and looks for their traces: a server that believes in them would do for
// it what the gateway does not allow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../through/policy/support/ruled-gateway.ts';
import { startRuledGateway, toForwarded } from '../through/policy/support/ruled-gateway.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const APPS = 'io.modelcontextprotocol/ui';
const OTHER = 'com.example/other';
const RULES = [
  { id: 'all', allow: { tools: ['*'], prompts: ['*'], resources: ['files://**', 'ui://**'] }, to: { everyone: true } },
];
/** What the operators may use, and nobody else. */
const extensions = {
  [TASKS]: { to: { groups: ['operators'] } },
  [APPS]: { to: { groups: ['operators'] } },
};
const DECLARED = {
  extensions: { [TASKS]: {}, [APPS]: { mimeTypes: ['text/html'] }, [OTHER]: { a: 1 }, [`${TASKS}/x`]: {} },
  sampling: {},
};
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const TOOLS = [
  { name: 'plain', inputSchema: { type: 'object' } },
  { name: 'shown', inputSchema: { type: 'object' }, _meta: { ui: { resourceUri: 'ui://chart' }, 'com.example/a': 1 } },
  { name: 'flat', inputSchema: { type: 'object' }, _meta: { 'ui/resourceUri': 'ui://chart' } },
  { name: 'cased', inputSchema: { type: 'object' }, _meta: { UI: { resourceUri: 'ui://chart' } } },
  {
    name: 'for_apps',
    inputSchema: { type: 'object' },
    _meta: { ui: { visibility: ['app'], resourceUri: 'ui://chart' } },
  },
];
const RESOURCES = [
  { uri: 'files://a', name: 'a' },
  { uri: 'ui://chart', name: 'b' },
  { uri: 'UI://chart', name: 'c' },
];
const results = {
  'tools/list': { resultType: 'complete', tools: TOOLS },
  'resources/list': { resultType: 'complete', resources: RESOURCES },
  'resources/read': { resultType: 'complete', contents: [] },
  'server/discover': {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {}, extensions: { [TASKS]: {}, [APPS]: {}, [OTHER]: {} } },
    serverInfo: { name: 'x', version: '1' },
  },
};

const start = (t: Parameters<typeof startRuledGateway>[0]) =>
  startRuledGateway(t, { rules: RULES, config: { extensions }, library: { results, tools: ['plain'] } });

async function getResult(caller: Caller, method: string): Promise<Record<string, never>> {
  const { text } = await caller.ask(method, {}, { capabilities: DECLARED });
  return (JSON.parse(text) as { result: Record<string, never> }).result;
}

test('the server is told only of extensions that were granted', async (t) => {
  const { makeCaller, server } = await start(t);
  for (const [groups, kept] of [
    [['guests'], {}],
    [['operators'], { [TASKS]: {}, [APPS]: { mimeTypes: ['text/html'] } }],
  ] as const) {
    const caller = await makeCaller({ groups });
    for (const method of ['tools/call', 'tools/list', 'server/discover', 'resources/list']) {
      const before = toForwarded(server).length;
      await caller.ask(method, method === 'tools/call' ? { name: 'plain' } : {}, { capabilities: DECLARED });
      const [hit] = toForwarded(server).slice(before);
      const meta = hit?.message.params['_meta'] as Record<string, unknown>;
      assert.deepEqual(meta[CAPABILITIES], { extensions: kept, sampling: {} }, method);
    }
  }
});

test('a discovery shows only extensions that were granted, and is private', async (t) => {
  const { makeCaller } = await start(t);
  const guest = await getResult(await makeCaller({ groups: ['guests'] }), 'server/discover');
  assert.deepEqual([guest['capabilities'], guest['cacheScope']], [{ tools: {}, extensions: {} }, 'private']);
  const operator = await getResult(await makeCaller({ groups: ['operators'] }), 'server/discover');
  assert.deepEqual(operator['capabilities'], { tools: {}, extensions: { [TASKS]: {}, [APPS]: {} } });
});

test('methods of an extension that was not granted do not exist, declared or not', async (t) => {
  const { makeCaller, server } = await start(t);
  const guest = await makeCaller({ groups: ['guests'] });
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const params = { taskId: 't', inputResponses: {} };
    for (const capabilities of [{}, DECLARED]) {
      const { status, text } = await guest.ask(method, params, { capabilities, name: 't' });
      assert.deepEqual([status, JSON.parse(text).error.code], [404, -32601]);
    }
  }
  const operator = await makeCaller({ groups: ['operators'] });
  const undeclared = await operator.ask('tasks/get', { taskId: 't' });
  assert.deepEqual(JSON.parse(undeclared.text).error.data.requiredCapabilities, { extensions: { [TASKS]: {} } });
  const foreign = await operator.ask('tasks/get', { taskId: 't' }, { capabilities: DECLARED });
  assert.deepEqual(JSON.parse(foreign.text).error.data, { reason: 'state_invalid' });
  assert.deepEqual(toForwarded(server), []);
});

test('without Apps a tool says nothing of a user interface, and one for apps alone is not there', async (t) => {
  const { makeCaller } = await start(t);
  const guest = await getResult(await makeCaller({ groups: ['guests'] }), 'tools/list');
  const schema = { inputSchema: { type: 'object' } };
  assert.deepEqual(guest['tools'], [
    { name: 'plain', ...schema },
    { name: 'shown', ...schema, _meta: { 'com.example/a': 1 } },
    { name: 'flat', ...schema, _meta: {} },
    { name: 'cased', ...schema, _meta: {} },
  ]);
  const operator = await getResult(await makeCaller({ groups: ['operators'] }), 'tools/list');
  assert.deepEqual(operator['tools'], TOOLS);
});

test('without Apps no ui:// resource is listed', async (t) => {
  const { makeCaller } = await start(t);
  const guest = await getResult(await makeCaller({ groups: ['guests'] }), 'resources/list');
  assert.deepEqual(guest['resources'], [{ uri: 'files://a', name: 'a' }]);
  const operator = await getResult(await makeCaller({ groups: ['operators'] }), 'resources/list');
  assert.deepEqual(operator['resources'], RESOURCES.slice(0, 2));
});

test('without Apps no ui:// resource is read, completed or listened to, whatever rules say', async (t) => {
  const ref = { type: 'ref/resource', uri: 'ui://{x}' };
  const completion = { ref, argument: { name: 'x', value: '' } };
  const subscription = { notifications: { resourceSubscriptions: ['ui://chart', 'files://a'] } };
  const { makeCaller, server } = await start(t);
  const guest = await makeCaller({ groups: ['guests'] });
  assert.equal((await guest.ask('resources/read', { uri: 'ui://chart' })).status, 403);
  assert.equal((await guest.ask('completion/complete', completion)).status, 403);
  assert.deepEqual(toForwarded(server), []);
  const operator = await makeCaller({ groups: ['operators'] });
  assert.equal((await operator.ask('resources/read', { uri: 'ui://chart' })).status, 200);
  assert.equal((await operator.ask('completion/complete', completion)).status, 200);
  for (const caller of [guest, operator]) await caller.ask('subscriptions/listen', subscription);
  assert.deepEqual(
    toForwarded(server)
      .slice(2)
      .map(({ message }) => message.params['notifications']),
    [{ resourceSubscriptions: ['files://a'] }, { resourceSubscriptions: ['ui://chart', 'files://a'] }],
  );
});
