// The attacker is a client of the whole gateway and brings back a `requestState` that is not his, not for this request, not in
// time, or not what was sealed. Each try gets one answer, the same to the byte, and no server sees any of them.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import {
  type Call,
  KEY,
  OTHER_KEY,
  type Scene,
  startScene,
  toCallBody,
  toWire,
} from '../through/sealing/support/sealed-scene.ts';

const ARGUMENTS = { city: 'Oslo', days: 3 };
// A name that tools, prompts and resources may have alike.
const ASK: Call = { name: 'weather://ask', params: { arguments: ARGUMENTS } };
const SINGLE_USE = { sealing: { state: { singleUse: true } }, config: { quotas: { store: 'memory', rules: [] } } };
const JUNK = 'never sealed';

function withState(call: Call, requestState: unknown): Call {
  return { ...call, params: { ...call.params, requestState } };
}

async function getState(scene: Scene, call: Call = ASK): Promise<string> {
  const { requestState } = await scene.getResult(call);
  assert.equal(typeof requestState, 'string');
  return requestState as string;
}

/** Each is refused like a text that never was a seal, and reaches no server. */
async function assertRefused(scene: Scene, tries: Iterable<Call>): Promise<void> {
  const expected = toWire(await scene.call(withState(ASK, JUNK)));
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

async function assertOpens(scene: Scene, call: Call): Promise<void> {
  const { structuredContent } = await scene.getResult(call);
  assert.match(JSON.stringify(structuredContent), /"requestState":"state-\d+"/);
}

test('what the client gets is sealed, and the server gets its own state back', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  assert.doesNotMatch(Buffer.from(state, 'base64url').toString('latin1') + state, /state-1/);
  await assertOpens(scene, withState(ASK, state));
  assert.deepEqual(scene.upstreams[0]?.hits.at(-1)?.message.params['requestState'], 'state-1');
});

test('a changed seal is refused: bits, letters, lengths, spellings', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  const spoiled: string[] = [];
  // Every seventh bit: all of them stand in the tests of the module.
  for (let bit = 0; bit < state.length * 8; bit += 7) {
    const bytes = Buffer.from(state, 'latin1');
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    spoiled.push(bytes.toString('latin1'));
  }
  for (let length = 0; length < state.length; length += 9)
    spoiled.push(state.slice(0, length), state.slice(length + 1));
  const parts = state.split('.');
  for (const at of [0, 2, 3, 4]) {
    const part = parts[at] ?? '';
    for (const other of [`${part}=`, `${part}A`, ` ${part}`, Buffer.from(part, 'base64url').toString('hex'), '']) {
      spoiled.push(parts.with(at, other).join('.'));
    }
  }
  spoiled.push(
    state.replaceAll('-', '+').replaceAll('_', '/').concat('='),
    `${state}\n`,
    `"${state}"`,
    state.repeat(2),
  );
  spoiled.push(state.padEnd(65_536, 'A'), 'A'.repeat(65_536), state.padEnd(65_537, 'A'), '.'.repeat(65_536), '');
  await assertRefused(
    scene,
    spoiled.filter((one) => one !== state).map((one) => withState(ASK, one)),
  );
  await assertOpens(scene, withState(ASK, state));
});

test('another caller, endpoint, method, tool or argument is refused', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  const elsewhere = { target: '/other/mcp' };
  const asked: readonly Call[] = [
    { ...ASK, as: 'bob' },
    { ...ASK, ...elsewhere },
    { ...ASK, name: 'ask_tides' },
    { ...ASK, name: 'weather://ask2' },
    { ...ASK, method: 'prompts/get' },
    { ...ASK, method: 'resources/read' },
    { ...ASK, params: { arguments: { ...ARGUMENTS, city: 'Rome' } } },
    { ...ASK, params: { arguments: { ...ARGUMENTS, more: 1 } } },
    { ...ASK, params: { arguments: { city: 'Oslo' } } },
    { ...ASK, params: { arguments: { city: 'Oslo', days: '3' } } },
    { ...ASK, params: {} },
  ];
  await assertRefused(
    scene,
    asked.map((call) => withState(call, state)),
  );
  // And the other way round: theirs is no good for this request.
  const theirs: Call[] = [];
  for (const call of asked) theirs.push(withState(ASK, await getState(scene, call)));
  await assertRefused(scene, theirs);
  await assertOpens(scene, withState({ ...ASK, params: { arguments: { days: 3, city: 'Oslo' } } }, state));
});

test('state of another upstream of the same endpoint is refused', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  await scene.apply({ endpoints: { '/mcp': { upstream: 'elsewhere', access: scene.access } } });
  await assertRefused(scene, [withState(ASK, state)]);
});

test('state is refused when its time is over', async (t) => {
  // Node's test runner moves the clock; nobody waits.
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());
  const scene = await startScene(t, { sealing: { state: { ttl: '10s' } } });
  const state = await getState(scene);
  mock.timers.setTime(Date.now() + 9_999);
  await assertOpens(scene, withState(ASK, state));
  mock.timers.setTime(Date.now() + 1);
  await assertRefused(scene, [withState(ASK, state)]);
});

test('state opens while its key is kept, and is refused once it was rotated out', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  await scene.apply({ sealing: { keys: [OTHER_KEY, { ...KEY, openOnly: true }] } });
  await assertOpens(scene, withState(ASK, state));
  const next = await getState(scene);
  await scene.apply({ sealing: { keys: [OTHER_KEY] } });
  await assertRefused(scene, [withState(ASK, state)]);
  await assertOpens(scene, withState(ASK, next));
  // A secret exchanged under the same id is another key.
  await scene.apply({ sealing: { keys: [{ ...OTHER_KEY, secret: KEY.secret }] } });
  await assertRefused(scene, [withState(ASK, next), withState(ASK, state)]);
});

test('a seal of a task is no state, and a state is no task', async (t) => {
  const scene = await startScene(t);
  const { taskId } = await scene.getResult({ name: 'start' });
  await assertRefused(scene, [withState(ASK, taskId)]);
  const seen = scene.countHits();
  const answer = await scene.call({ method: 'tasks/get', name: await getState(scene) });
  assert.equal(JSON.parse(answer.text).error.data.reason, 'state_invalid');
  assert.equal(scene.countHits(), seen + 1, 'only the state was handed out');
});

test('state is good again and again, unless it is for a single use', async (t) => {
  const scene = await startScene(t);
  const state = await getState(scene);
  for (let i = 0; i < 3; i++) await assertOpens(scene, withState(ASK, state));
  await scene.apply({ ...SINGLE_USE.config, sealing: { keys: [KEY], state: { singleUse: true } } });
  await assertOpens(scene, withState(ASK, state));
  await assertRefused(scene, [withState(ASK, state), withState(ASK, state)]);
});

test('of many who bring a single state at once, one wins', async (t) => {
  const scene = await startScene(t, SINGLE_USE);
  for (let round = 0; round < 5; round++) {
    const again = withState(ASK, await getState(scene));
    const seen = scene.countHits();
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.call(again)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const refused = answers.filter(({ status }) => status !== 200).map(toWire);
    assert.deepEqual([...new Set(refused)], [toWire(await scene.call(withState(ASK, JUNK)))]);
    assert.equal(scene.countHits(), seen + 1);
  }
});

test('a state that somebody else tried first is still good for its owner', async (t) => {
  const scene = await startScene(t, SINGLE_USE);
  const state = await getState(scene);
  await assertRefused(scene, [withState({ ...ASK, as: 'bob' }, state), withState({ ...ASK, params: {} }, state)]);
  await assertOpens(scene, withState(ASK, state));
});

test('answers and state are refused where a method has none, and answers that are too large', async (t) => {
  const scene = await startScene(t, { sealing: { state: { inputResponses: '1KiB' } } });
  const state = await getState(scene);
  const { taskId } = await scene.getResult({ name: 'start' });
  const large = { inputResponses: { a: { action: 'accept', content: { text: 'x'.repeat(1024) } } } };
  const small = { inputResponses: { a: { action: 'accept' } } };
  const seen = scene.countHits();
  const refused: readonly Call[] = [
    { method: 'tools/list', params: small },
    { method: 'tools/list', params: { requestState: state } },
    { method: 'server/discover', params: small },
    {
      method: 'completion/complete',
      params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' }, ...small },
    },
    { method: 'subscriptions/listen', params: { notifications: {}, ...small } },
    { method: 'tasks/get', name: taskId as string, params: small },
    { method: 'tasks/cancel', name: taskId as string, params: small },
    { method: 'tasks/update', name: taskId as string, params: { ...small, requestState: state } },
    { method: 'tasks/update', name: taskId as string, params: large },
    { ...ASK, params: { ...ASK.params, requestState: state, ...large } },
    { ...ASK, params: { ...ASK.params, ...large } },
  ];
  for (const call of refused) {
    const { status, text } = await scene.call(call);
    assert.equal(status, 400, text);
    assert.equal(JSON.parse(text).error.data.reason, 'bad_params', `${call.method} ${text}`);
  }
  // Names in escapes are the same names.
  const escaped = toCallBody({ method: 'tools/list', params: { requestState: state } }).replace(
    'requestState',
    '\\u0072equestState',
  );
  assert.equal((await scene.send({ method: 'tools/list' }, escaped)).status, 400);
  assert.equal(scene.countHits(), seen);
  assert.equal((await scene.call({ method: 'tasks/update', name: taskId as string, params: small })).status, 200);
});
