// The attacker opens a stream to hear of tasks: of somebody else's, of guessed ones, of his own mixed with those. What he may hear of
// carries the very strings he sent, and no id that a server knows ever reaches him.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents } from '../gateway/mcp/read-events.ts';
import { type Call, type Scene, startScene, toWire } from '../through/sealing/support/sealed-scene.ts';
import { STREAM_END, toTaskEvent } from '../through/sealing/support/stateful-server.ts';
import { until } from '../through/support/until.ts';

function listen(taskIds: unknown, more: object = {}): Call {
  return { method: 'subscriptions/listen', params: { notifications: { taskIds, ...more } } };
}

async function begin(scene: Scene, call: Call = {}): Promise<string> {
  return (await scene.getResult({ name: 'start', ...call }))['taskId'] as string;
}

interface Told {
  readonly method?: string;
  readonly params?: { readonly taskId?: string; readonly status?: string; readonly notifications?: object };
}

/** Listens until the server has said all this; @returns what the client heard */
async function hear(scene: Scene, call: Call, events: readonly string[]): Promise<{ told: Told[]; text: string }> {
  const { streams } = scene.server;
  const open = streams.length;
  const answering = scene.call(call);
  await until('the stream is open', () => streams.length > open);
  streams.at(-1)?.end([...events, STREAM_END].join(''));
  const { status, text } = await answering;
  assert.equal(status, 200, text);
  return { told: readEvents(text).map((data) => JSON.parse(data) as Told), text };
}

const toAsked = (scene: Scene): unknown =>
  scene.upstreams.flatMap(({ hits }) => hits).findLast(({ message }) => message.method === 'subscriptions/listen')
    ?.message.params['notifications'];

test('a stream speaks of tasks by the strings its client sent', async (t) => {
  const scene = await startScene(t);
  const [one, two] = [await begin(scene), await begin(scene)];
  const { told, text } = await hear(scene, listen([two, one]), [
    toTaskEvent('task-1', 'working'),
    toTaskEvent('task-2', 'completed'),
  ]);
  assert.deepEqual(toAsked(scene), { taskIds: ['task-2', 'task-1'] });
  assert.deepEqual(told[0]?.params?.notifications, { taskIds: [two, one] });
  const heard = told.slice(1, 3).map(({ params }) => [params?.taskId, params?.status]);
  assert.deepEqual(heard, [
    [one, 'working'],
    [two, 'completed'],
  ]);
  assert.doesNotMatch(text, /task-\d/);
});

test('an id that stands twice is one task', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  const { told, text } = await hear(scene, listen([id, id]), [toTaskEvent('task-1', 'completed')]);
  assert.deepEqual(told[0]?.params?.notifications, { taskIds: [id, id] });
  assert.deepEqual(told.filter(({ method }) => method === 'notifications/tasks').length, 1);
  assert.doesNotMatch(text, /task-\d/);
});

test('what was not asked for is not heard, and an answer that invents tasks is cut', async (t) => {
  const scene = await startScene(t);
  const [one] = [await begin(scene), await begin(scene), await begin(scene, { as: 'bob' })];
  const { told, text } = await hear(scene, listen([one]), [
    toTaskEvent('task-2', 'working'),
    toTaskEvent('task-3', 'working'),
    toTaskEvent(one, 'working'),
    toTaskEvent('', 'working'),
  ]);
  assert.deepEqual(told.map(({ method }) => method).slice(1), [undefined], 'the acknowledgement and the end');
  assert.doesNotMatch(text, /task-\d/);
  const asksNothing = await hear(scene, { method: 'subscriptions/listen', params: { notifications: {} } }, [
    toTaskEvent('task-1', 'working'),
  ]);
  assert.equal(asksNothing.told.length, 2);
  assert.doesNotMatch(asksNothing.text, /task-\d/);
});

test('one id that is not the caller’s spoils the whole filter, and no server hears of it', async (t) => {
  const scene = await startScene(t);
  const [own, theirs] = [await begin(scene), await begin(scene, { as: 'bob' })];
  const elsewhere = await begin(scene, { target: '/other/mcp' });
  const { requestState } = await scene.getResult({ name: 'ask' });
  const unknown = toWire(await scene.call({ method: 'tasks/get', name: 'no-task' }));
  const seen = scene.countHits();
  const mixed = [theirs, 'task-1', elsewhere, requestState as string, own.slice(0, -1), `${own} `, '', '__proto__'];
  for (const other of mixed) {
    for (const taskIds of [[other], [own, other], [other, own], [own, own, other]]) {
      assert.equal(toWire(await scene.call(listen(taskIds))), unknown, JSON.stringify(taskIds));
      assert.equal(toWire(await scene.call(listen(taskIds, { toolsListChanged: true }))), unknown);
    }
  }
  assert.equal(toWire(await scene.call({ ...listen([own]), as: 'bob' })), unknown);
  assert.equal(scene.countHits(), seen);
});

test('a filter that is no list of texts, or too long a one, is refused', async (t) => {
  const scene = await startScene(t);
  const id = await begin(scene);
  const seen = scene.countHits();
  const many = Array.from({ length: 1001 }, () => 'a');
  for (const taskIds of [id, { 0: id }, null, [null], [[id]], [{ taskId: id }], [1], many, Array(500).fill(id)]) {
    const { status, text } = await scene.call(listen(taskIds));
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).error.data.reason, 'bad_params', text);
  }
  assert.equal(scene.countHits(), seen);
});

test('of tasks of two instances in one filter those of the first are kept, and the acknowledgement says which', async (t) => {
  const scene = await startScene(t, { instances: 2 });
  const ids: string[] = [];
  // Both servers count their tasks together here; four go round twice.
  for (let i = 0; i < 4; i++) ids.push(await begin(scene));
  const [a, b, c, d] = ids as [string, string, string, string];
  const streamsBefore = scene.upstreams.map(({ hits }) => hits.length);
  const { told, text } = await hear(scene, listen([a, b, c, d]), [
    toTaskEvent('task-1', 'working'),
    toTaskEvent('task-2', 'working'),
  ]);
  assert.deepEqual(toAsked(scene), { taskIds: ['task-1', 'task-3'] });
  assert.deepEqual(told[0]?.params?.notifications, { taskIds: [a, c] });
  assert.deepEqual(
    told.slice(1, -1).map(({ params }) => params?.taskId),
    [a],
    'task-2 was not asked for here',
  );
  assert.doesNotMatch(text, /task-\d/);
  const asked = scene.upstreams.map(({ hits }, at) => hits.length - (streamsBefore[at] as number));
  assert.equal(Math.max(...asked), 1);
  assert.equal(Math.min(...asked), 0);
  // The others are heard of on a stream of their own.
  await hear(scene, listen([b, d]), []);
  assert.deepEqual(
    scene.upstreams.map(({ hits }, at) => hits.length - (streamsBefore[at] as number)),
    [1, 1],
  );
});

test('a stream for tasks whose instance is gone is lost, and names no instance', async (t) => {
  const scene = await startScene(t, { instances: 2 });
  const ids = [await begin(scene), await begin(scene)];
  await scene.apply({
    upstreams: {
      fleet: { instances: [scene.elsewhere.url], paramHeaders: 'forward' },
      elsewhere: { instances: [scene.elsewhere.url], paramHeaders: 'forward' },
    },
  });
  const seen = scene.countHits();
  const { status, text } = await scene.call(listen(ids));
  assert.deepEqual([status, JSON.parse(text).error.data], [400, { reason: 'task_lost' }]);
  assert.equal(scene.countHits(), seen);
});
