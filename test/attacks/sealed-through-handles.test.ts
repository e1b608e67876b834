// The attacker has a handle of somebody else, or would rather bring one that was never sealed: a guess, a number, a list. A tool
// that trusts its `basketId` gets nothing but what it gave out to this very caller.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { type Call, KEY, OTHER_KEY, type Scene, startScene, toWire } from '../through/sealing/support/sealed-scene.ts';

const BASKET = {
  tool: 'create_basket',
  result: '/structuredContent/basketId',
  opens: [{ tool: '*_basket', argument: '/basketId' }],
};
const toSealing = (changes: object = {}): object => ({ keys: [KEY], handles: [{ ...BASKET, ...changes }] });

function add(basketId: unknown, call: Call = {}): Call {
  return { name: 'add_to_basket', params: { arguments: { basketId, item: 1 } }, ...call };
}

async function create(scene: Scene, call: Call = {}): Promise<string> {
  const { structuredContent } = await scene.getResult({ name: 'create_basket', ...call });
  return (structuredContent as { basketId: string }).basketId;
}

async function assertRefused(scene: Scene, tries: Iterable<Call>): Promise<void> {
  const expected = toWire(await scene.call({ method: 'tasks/get', name: 'no-task' }));
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
  const { status, text } = await scene.call(call);
  assert.equal(status, 200, text);
  const { params } = scene.upstreams[0]?.hits.at(-1)?.message ?? assert.fail();
  assert.deepEqual(params['arguments'], { basketId: 'basket-1', item: 1 });
}

test('a sealed handle is opened for the caller who got it, and a changed one is refused', async (t) => {
  const scene = await startScene(t, { sealing: toSealing() });
  const id = await create(scene);
  await assertOpens(scene, add(id));
  const spoiled = [
    id.slice(0, -1),
    `${id}=`,
    `${id}A`,
    ` ${id}`,
    id.toLowerCase(),
    id.padEnd(65_536, 'A'),
    id.replaceAll('.', '..'),
  ];
  for (let bit = 0; bit < id.length * 8; bit += 13) {
    const bytes = Buffer.from(id, 'latin1');
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    spoiled.push(bytes.toString('latin1'));
  }
  await assertRefused(
    scene,
    spoiled.map((one) => add(one)),
  );
});

test('what was never sealed is refused where a seal is required, whatever it is', async (t) => {
  const scene = await startScene(t, { sealing: toSealing() });
  const id = await create(scene);
  await assertRefused(
    scene,
    ['basket-1', '', 'basket-2', 1, true, false, [], [id], {}, { basketId: id }, 0, -1].map((one) => add(one)),
  );
  const lookalikes = [{ BasketId: 'basket-1' }, { basketid: 'basket-1', basketId: id }, { BASKETID: id }];
  await assertRefused(
    scene,
    lookalikes.map((given) => add('', { params: { arguments: given } })),
  );
  assert.equal((await scene.call(add('', { params: { arguments: { item: 1 } } }))).status, 200, 'absent');
  assert.equal((await scene.call(add(null))).status, 200, 'null');
});

test('where no seal is required others pass, but a seal must open all the same', async (t) => {
  const scene = await startScene(t, { sealing: toSealing({ required: false }) });
  const id = await create(scene);
  await assertOpens(scene, add(id));
  await assertOpens(scene, add('basket-1'));
  await assertRefused(scene, [add(id, { as: 'bob' }), add(`${id}A`), add(id.slice(0, -1))]);
});

test('another caller, endpoint, time or key is refused', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());
  const scene = await startScene(t, { sealing: toSealing({ ttl: '10m' }) });
  const id = await create(scene);
  await assertRefused(scene, [
    add(id, { as: 'bob' }),
    add(await create(scene, { as: 'bob' })),
    add(id, { target: '/other/mcp' }),
    add(await create(scene, { target: '/other/mcp' })),
  ]);
  mock.timers.setTime(Date.now() + 599_999);
  await assertOpens(scene, add(id));
  mock.timers.setTime(Date.now() + 1);
  await assertRefused(scene, [add(id)]);
  const next = await create(scene);
  await scene.apply({ sealing: { ...toSealing(), keys: [OTHER_KEY, { ...KEY, openOnly: true }] } });
  await assertOpens(scene, add(next));
  await scene.apply({ sealing: { ...toSealing(), keys: [OTHER_KEY] } });
  await assertRefused(scene, [add(next)]);
});

test('seals of other kinds and of other tools are no handles of this one', async (t) => {
  const invoice = {
    tool: 'far_invoice',
    result: '/structuredContent/got/arguments',
    opens: [{ tool: 'pay', argument: '/invoice' }],
  };
  const scene = await startScene(t, { sealing: { keys: [KEY], handles: [BASKET, invoice] } });
  const { requestState } = await scene.getResult({ name: 'ask' });
  const { taskId } = await scene.getResult({ name: 'start' });
  const far = await scene.getResult({ name: 'far_invoice', params: { arguments: { basketId: 'basket-1' } } });
  const sealed = (far['structuredContent'] as { got: { arguments: unknown } }).got.arguments;
  assert.equal(typeof sealed, 'string', 'an object is sealed as a whole');
  await assertRefused(scene, [add(requestState), add(taskId), add(sealed)]);
});

test('all who share a tenant share its handles, and nobody else does', async (t) => {
  const scene = await startScene(t, { sealing: toSealing({ bind: 'claim:tenant' }) });
  const id = await create(scene, { as: 'alice:acme' });
  await assertOpens(scene, add(id, { as: 'alice:acme' }));
  await assertOpens(scene, add(id, { as: 'bob:acme' }));
  await assertRefused(scene, [
    add(id, { as: 'alice:other' }),
    add(id, { as: 'alice' }),
    add(id, { as: 'acme' }),
    add(id, { as: 'bob:acme', target: '/other/mcp' }),
    add(await create(scene, { as: 'bob' }), { as: 'alice' }),
  ]);
});
