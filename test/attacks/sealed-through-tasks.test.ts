// The attacker is a client of the whole gateway and asks for tasks: with ids he changed, guessed, found or kept too long, on another
// endpoint, with a header that names another task than the body. Servers here know tasks by ids anybody could guess.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import {
  type Call,
  KEY,
  OTHER_KEY,
  type Scene,
  startScene,
  toCallBody,
  toWire,
} from '../through/sealing/support/sealed-scene.ts';

const METHODS = ['tasks/get', 'tasks/update', 'tasks/cancel'] as const;

function ask(taskId: string, method: string = 'tasks/get'): Call {
  return { method, name: taskId, params: method === 'tasks/update' ? { inputResponses: {} } : {} };
}

async function begin(scene: Scene, call: Call = {}): Promise<string> {
  const { resultType, taskId } = await scene.getResult({ name: 'start', ...call });
  assert.equal(resultType, 'task');
  return taskId as string;
}

/** Each is refused like an id that never was, and reaches no server. */
async function assertRefused(scene: Scene, tries: Iterable<Call>): Promise<void> {
  const expected = toWire(await scene.call(ask('no-task')));
  assert.match(expected, /^\[400,.*-32602.*state_invalid/);
  const seen = scene.countHits();
  let count = 0;
  for (const call of tries) {
    assert.equal(toWire(await scene.call(call)), expected, JSON.stringify(call).slice(0, 300));
    count++;
  }
  assert.ok(count > 0);
  assert.equal(scene.countHits(), seen, 'a server saw one of them');
}

async function assertAnswers(scene: Scene, call: Call, upstreamId: string): Promise<void> {
  const { taskId } = await scene.getResult(call);
  assert.equal(taskId, call.name, 'the answer names the task as the client does');
  const hit = scene.upstreams.flatMap(({ hits }) => hits).findLast(({ message }) => message.method === call.method);
  assert.equal(hit?.message.params['taskId'], upstreamId);
  assert.equal(decodeURIComponent(String(hit?.request.headers['mcp-name'])), upstreamId);
}

test('the id of a task is sealed, and opened in body and header alike for all that is asked of it', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  assert.doesNotMatch(id, /task-1/);
  for (const method of METHODS) await assertAnswers(scene, ask(id, method), 'task-1');
});

test('ids that no header could hold plainly are opened too', async (t) => {
  const scene = await startScene(t);
  for (const [raw, header] of [
    ['aufgabe ü', '=?base64?YXVmZ2FiZSDDvA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['=?base64?YQ==?=', `=?base64?${Buffer.from('=?base64?YQ==?=').toString('base64')}?=`],
    ['line\r\nX-Evil: 1', `=?base64?${Buffer.from('line\r\nX-Evil: 1').toString('base64')}?=`],
    ['quo"te\\', 'quo"te\\'],
  ] as const) {
    scene.server.nextTaskId = raw;
    const id = await begin(scene);
    assert.equal((await scene.getResult(ask(id)))['taskId'], id);
    const { message, request } = scene.upstreams[0]?.hits.at(-1) ?? assert.fail();
    assert.deepEqual([message.params['taskId'], request.headers['mcp-name']], [raw, header]);
    assert.equal(request.headers['x-evil'], undefined);
  }
});

test('raw, guessed and changed ids are refused, whatever is asked of them', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  const spoiled = [
    'task-1',
    'task-2',
    '',
    ' ',
    '__proto__',
    id.slice(1),
    id.slice(0, -1),
    `${id}=`,
    `${id}A`,
    id.toLowerCase(),
  ];
  for (let bit = 0; bit < id.length * 8; bit += 11) {
    const bytes = Buffer.from(id, 'latin1');
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    spoiled.push(bytes.toString('latin1'));
  }
  const parts = id.split('.');
  spoiled.push(parts.with(3, '').join('.'), parts.toReversed().join('.'), id.padEnd(6000, 'A'));
  spoiled.push(id.replaceAll('-', '+').replaceAll('_', '/').concat('=='));
  const tries = spoiled.map((one) => ({ ...ask(one), header: toHeader(one) }));
  await assertRefused(scene, tries);
  for (const method of METHODS)
    await assertRefused(scene, [ask('task-1', method), ask(`${id.slice(0, -4)}AAAA`, method)]);
});

/** Encodes what a header cannot hold plainly, as an honest client does. */
function toHeader(name: string): string {
  const isPlain = /^[\x21-\x7e]+$/.test(name);
  return isPlain ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
}

test('another caller, endpoint, time or key is refused', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());
  const scene = await startScene(t);
  const id = await begin(scene);
  const theirs = await begin(scene, { as: 'bob' });
  for (const method of METHODS) {
    await assertRefused(scene, [
      { ...ask(id, method), as: 'bob' },
      { ...ask(id, method), target: '/other/mcp' },
      ask(theirs, method),
      ask(await begin(scene, { target: '/other/mcp' }), method),
    ]);
  }
  // Twice its `ttlMs` and an hour.
  mock.timers.setTime(Date.now() + 2 * 60_000 + 3_600_000 - 1);
  assert.equal((await scene.call(ask(id))).status, 200);
  mock.timers.setTime(Date.now() + 1);
  await assertRefused(scene, [ask(id)]);
  const next = await begin(scene);
  await scene.apply({ sealing: { keys: [OTHER_KEY, { ...KEY, openOnly: true }] } });
  assert.equal((await scene.call(ask(next))).status, 200);
  await scene.apply({ sealing: { keys: [OTHER_KEY] } });
  await assertRefused(scene, [ask(next)]);
});

test('a header that names another task than the body is refused before anything is opened', async (t) => {
  const scene = await startScene(t);
  const [one, two] = [await begin(scene), await begin(scene)];
  const seen = scene.countHits();
  for (const header of [two, 'task-1', `${one} x`, one.toLowerCase(), '']) {
    const { status, text } = await scene.call({ ...ask(one), header });
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).error.code, -32020, header);
  }
  assert.equal(scene.countHits(), seen);
});

test('a task that its server forgot looks like one that never was', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  scene.server.forgotten.add('task-1');
  const unknown = toWire(await scene.call(ask('no-task')));
  for (const method of METHODS) assert.equal(toWire(await scene.call(ask(id, method))), unknown);
  assert.equal((await scene.call(ask(await begin(scene)))).status, 200, 'its server is in good health');
});

test('with counted calls, too, nothing tells a forgotten task from one that never was', async (t) => {
  const rules = [{ id: 'calls', per: 'principal', rate: '1000/1m' }];
  const scene = await startScene(t, { config: { quotas: { store: 'memory', headers: true, rules } } });
  const id = await begin(scene);
  scene.server.forgotten.add('task-1');
  const listening: Call = { method: 'subscriptions/listen', params: { notifications: { taskIds: ['no-task'] } } };
  const state: Call = { name: 'ask', params: { requestState: 'no state' } };
  const answers = [ask('no-task'), ask(id), { ...ask(id), as: 'bob' }, listening, state].map((call) =>
    scene.call(call),
  );
  const wires = (await Promise.all(answers)).map(toWire);
  assert.deepEqual([...new Set(wires)], [wires[0]]);
});

test('a task goes to the upstream it began at, whatever its endpoint does with other names', async (t) => {
  const scene = await startScene(t);
  const [near, far] = [await begin(scene), await begin(scene, { name: 'far_start' })];
  assert.equal((await scene.call(ask(near))).status, 200);
  const seen = scene.elsewhere.hits.length;
  assert.equal((await scene.getResult(ask(far)))['taskId'], far);
  assert.equal(scene.elsewhere.hits.length, seen + 1);
  // The endpoint leads there no more: lost, not handed to whoever is left.
  const before = scene.countHits();
  await scene.apply({ endpoints: { '/mcp': { upstream: 'fleet', access: scene.access } } });
  const lost = await scene.call(ask(far));
  assert.deepEqual([lost.status, JSON.parse(lost.text).error.data.reason], [400, 'task_lost']);
  assert.equal(scene.countHits(), before);
  assert.equal((await scene.call(ask(near))).status, 200);
});

test('a task whose instance is gone after a reload is lost, and nobody learns where it was', async (t) => {
  const scene = await startScene(t, { instances: 2 });
  const begun = await Promise.all([begin(scene), begin(scene)]);
  assert.deepEqual(
    scene.upstreams.map(({ hits }) => hits.length),
    [1, 1],
  );
  const holders = new Map<string, FakeUpstream>();
  for (const id of begun) {
    const before = scene.upstreams.map(({ hits }) => hits.length);
    for (let i = 0; i < 3; i++) await scene.call(ask(id));
    const asked = scene.upstreams.filter(({ hits }, at) => hits.length === (before[at] as number) + 3);
    assert.equal(asked.length, 1, 'only its own instance is asked');
    holders.set(id, asked[0] as FakeUpstream);
  }
  const [[lostId, gone], [keptId, left]] = [...holders] as [[string, FakeUpstream], [string, FakeUpstream]];
  await scene.apply({
    upstreams: {
      fleet: { instances: [left.url], paramHeaders: 'forward' },
      elsewhere: { instances: [scene.elsewhere.url], paramHeaders: 'forward' },
    },
  });
  const lost = await scene.call(ask(lostId));
  assert.deepEqual(
    [lost.status, JSON.parse(lost.text).error],
    [
      400,
      { code: -32602, message: 'The task is lost: the server that ran it is gone.', data: { reason: 'task_lost' } },
    ],
  );
  assert.ok(!toWire(lost).includes(String(gone.port)));
  // To anybody else it was never there.
  await assertRefused(scene, [{ ...ask(lostId), as: 'bob' }]);
  assert.equal((await scene.call(ask(keptId))).status, 200);
});

test('an id given out for the header alone, or with names in escapes, says the same thing', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  const call = ask(id);
  const escaped = toCallBody(call).replace('"taskId"', '"task\\u0049d"').replace(id.slice(0, 3), '\\u0065yJ');
  assert.equal((await scene.send(call, escaped)).status, 200);
  assert.equal(scene.upstreams[0]?.hits.at(-1)?.message.params['taskId'], 'task-1');
  const { status } = await scene.send(call, toCallBody(call).replace('"taskId"', '"taskId":"task-2","taskid"'));
  assert.equal(status, 400);
});
