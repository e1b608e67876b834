// Story: one feature's seal travels through another feature's door. A handle comes back inside a task, one seal stands in two
// arguments, a listening stream asks for what was not granted, and a server writes raw ids where nobody looks for them.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { answerResult, type Behaviour, type Hit, toEvent } from '../support/fake-upstream.ts';
import { type HeaderLines, type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { startEverythingOn } from './support/everything-on.ts';
import { honestServer, RAW } from './support/everything-on-server.ts';

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

interface Saying {
  readonly who?: 'reader' | 'guest';
  readonly name?: string;
  readonly capabilities?: object;
  readonly lines?: HeaderLines;
}

interface Result {
  readonly [member: string]: unknown;
  readonly taskId: string;
  readonly structuredContent: { readonly basketId: string };
}

async function start(t: TestContext) {
  const on = await startEverythingOn(t);
  async function ask(method: string, params: object, saying: Saying = {}): Promise<RawAnswer> {
    const { who = 'reader', name, capabilities = TASKS, lines = [] } = saying;
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    };
    const token: HeaderLines = [['Authorization', `Bearer ${on.tokens[who]}`]];
    const body = toRequestBody(method, { _meta: meta, ...params });
    return sendRaw({ port: on.port, lines: [...toHeaderLines(method, name), ...token, ...lines], body });
  }
  const call = (name: string, args: object = {}, lines: HeaderLines = []) =>
    ask('tools/call', { name, arguments: args }, { name, lines });
  const askTask = (taskId: string) => ask('tasks/get', { taskId }, { name: taskId });
  const findForwarded = () => on.server.hits.filter(({ message }) => !String(message.id).startsWith('tollgate-'));
  return { on, ask, call, askTask, last: () => findForwarded().at(-1) as Hit };
}

const readResult = ({ text }: RawAnswer): Result => (JSON.parse(text) as { readonly result: Result }).result;
const readReason = ({ text }: RawAnswer): unknown =>
  (JSON.parse(text) as { readonly error?: { readonly data?: { readonly reason?: unknown } } }).error?.data?.reason;

/** Begins a task for every call, and speaks of it so. */
const beginTasks =
  (speak: Behaviour): Behaviour =>
  (hit, response) => {
    const { method } = hit.message;
    if (method === 'tasks/get') return speak(hit, response);
    if (method !== 'tools/call') return honestServer(hit, response);
    return answerResult(hit, response, {
      resultType: 'task',
      taskId: `${RAW.task}1`,
      status: 'working',
      ttlMs: 60_000,
    });
  };

test('a handle in the result of a task is sealed as it is in the result of a call, and opens', async (t) => {
  const { on, call, askTask, last } = await start(t);
  const basketId = `${RAW.handle}1`;
  const content = [{ type: 'text', text: `Basket ${basketId} is ready.` }];
  on.server.behave(
    beginTasks((hit, response) => {
      const result = { resultType: 'complete', structuredContent: { basketId }, content };
      answerResult(hit, response, { resultType: 'complete', taskId: `${RAW.task}1`, status: 'completed', result });
    }),
  );
  const { taskId } = readResult(await call('create_basket'));
  const answer = await askTask(taskId);
  assert.equal(answer.status, 200);
  assert.ok(!answer.text.includes(RAW.handle), answer.text);
  const sealed = (readResult(answer)['result'] as Result).structuredContent.basketId;
  on.server.behave(honestServer);
  assert.equal((await call('fill_basket', { basketId: sealed }, [['Mcp-Param-Basket', sealed]])).status, 200);
  assert.deepEqual(last().message.params['arguments'], { basketId });
});

test('one seal in two arguments is opened in its own alone, and each header says what its argument says', async (t) => {
  const { call, last } = await start(t);
  const { basketId } = readResult(await call('create_basket')).structuredContent;
  const answer = await call('fill_basket', { basketId, note: basketId, count: 3 }, [
    ['Mcp-Param-Basket', basketId],
    ['Mcp-Param-Note', basketId],
    ['Mcp-Param-Count', '3'],
  ]);
  if (answer.status === 400) return assert.equal(readReason(answer), 'state_invalid');
  const { headers } = last().request;
  const { note, ...others } = last().message.params['arguments'] as Readonly<Record<string, unknown>>;
  assert.equal(headers['mcp-param-note'], note);
  assert.equal(headers['mcp-param-basket'], others['basketId']);
  assert.ok(String(others['basketId']).startsWith(RAW.handle));
  assert.equal(headers['mcp-param-count'], '3');
});

test('tasks are not heard of where the extension is not declared', async (t) => {
  const { ask, call, last } = await start(t);
  const { taskId } = readResult(await call('start_job'));
  const listen = (capabilities: object) =>
    ask('subscriptions/listen', { notifications: { toolsListChanged: true, taskIds: [taskId] } }, { capabilities });
  const heard = await listen(TASKS);
  assert.equal(heard.text.split(taskId).length, 3, 'acknowledged, and told of once');
  const deaf = await listen({});
  assert.ok(!deaf.text.includes('notifications/tasks') && !deaf.text.includes(taskId), deaf.text);
  assert.deepEqual(last().message.params['notifications'], { toolsListChanged: true });
});

for (const [what, method, params, name] of [
  ['read', 'resources/read', { uri: 'ui://job' }, 'ui://job'],
  ['completed', 'completion/complete', { ref: { type: 'ref/resource', uri: 'ui://job' }, argument: {} }, undefined],
] as const) {
  test(`a resource of the Apps extension is not ${what} where that is not granted, though a rule allows it`, async (t) => {
    const { on, ask } = await start(t);
    const seen = on.server.hits.length;
    const answer = await ask(method, params, name === undefined ? {} : { name });
    assert.equal(answer.status, 403, answer.text);
    assert.ok(on.server.hits.slice(seen).every(({ message }) => message.method !== method));
  });
}

test('a resource of the Apps extension cannot be subscribed to where that is not granted', async (t) => {
  const { ask, last } = await start(t);
  const resourceSubscriptions = ['ui://job', 'files://open/a'];
  const answer = await ask('subscriptions/listen', { notifications: { resourceSubscriptions } });
  assert.ok(!answer.text.includes('ui://job'), answer.text);
  assert.deepEqual(last().message.params['notifications'], { resourceSubscriptions: ['files://open/a'] });
});

const RAW_TASK = `${RAW.task}1`;
for (const [where, speak] of [
  [
    'the words and data of an error',
    (hit, response) => {
      const data = { detail: `job ${RAW_TASK} broke`, deep: [{ [RAW_TASK]: 1 }] };
      const error = { code: -32000, message: `${RAW_TASK} broke`, data };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, error }));
    },
  ],
  [
    'a notification on the way',
    (hit, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/tasks', params: { taskId: RAW_TASK, status: 'working' } }));
      const result = { resultType: 'complete', taskId: RAW_TASK, status: 'working' };
      response.end(toEvent({ id: hit.message.id, result }));
    },
  ],
] as const satisfies readonly (readonly [string, Behaviour])[]) {
  test(`the server's own id of a task does not reach its client in ${where}`, async (t) => {
    const { on, call, askTask } = await start(t);
    on.server.behave(beginTasks(speak));
    const answer = await askTask(readResult(await call('start_job')).taskId);
    assert.equal(answer.status, 200);
    assert.ok(!answer.text.includes(RAW.task), answer.text);
  });
}

test('a state that opens once is not used up by a request it is not for', async (t) => {
  const { on, ask } = await start(t);
  on.server.behave((hit, response) => {
    if (hit.message.method !== 'tools/call' || hit.message.params['requestState'] !== undefined)
      return honestServer(hit, response);
    answerResult(hit, response, { resultType: 'input_required', requestState: `${RAW.state}1` });
  });
  const params = { name: 'ask_name', arguments: {} };
  const { requestState } = readResult(await ask('tools/call', params, { name: 'ask_name' }));
  const other = await ask('tools/call', { ...params, arguments: { a: 1 }, requestState }, { name: 'ask_name' });
  assert.equal(readReason(other), 'state_invalid');
  const again = (): Promise<RawAnswer> => ask('tools/call', { ...params, requestState }, { name: 'ask_name' });
  assert.equal((await again()).status, 200);
  assert.equal(readReason(await again()), 'state_invalid');
});
