// Task ids: what the gateway must know of a task travels in its id.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../gateway/mcp/edits.ts';
import { makeTaskSealer, openTask, type TaskOrigin } from '../../../gateway/sealing/task.ts';
import { openTaskFilter, toTaskEdits } from '../../../gateway/sealing/task-fields.ts';
import { judge, makeAsking, makeTestSeals, NOW_MS, type SealsUnderTest } from './sealing-under-test.ts';

const HOUR_MS = 3_600_000;
const begun = makeAsking({ name: 'render' });

function sealTask(
  seals: SealsUnderTest,
  literal: string,
  ttlMs: number | null = 60_000,
  origin: Partial<TaskOrigin> = {},
) {
  const whole = {
    seals,
    longestLifeMs: 24 * HOUR_MS,
    upstream: 'films',
    instance: 'films-2',
    tool: 'render',
    ...origin,
  };
  return makeTaskSealer(begun, whole).seal(Buffer.from(literal), ttlMs);
}

test('an id says what it was sealed with, whatever the names', () => {
  const seals = makeTestSeals();
  const text = fc.string({ unit: 'grapheme', maxLength: 50 });
  fc.assert(
    fc.property(text, text, fc.option(text, { nil: undefined }), text, (id, upstream, instance, tool) => {
      const idLiteral = JSON.stringify(id);
      const sealed = sealTask(seals, idLiteral, null, { upstream, instance, tool }) ?? '';
      assert.deepEqual(openTask(sealed, begun, seals), { upstream, instance, tool, id, idLiteral, begunMs: NOW_MS });
    }),
  );
});

test('nothing of a task can be read in its id', () => {
  const sealed = sealTask(makeTestSeals(), '"raw-id"') ?? '';
  const readable = sealed
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    .join();
  for (const word of ['films', 'render', 'raw-id', 'alice']) assert.ok(!readable.includes(word));
});

for (const [ttlMs, lifeMs] of [
  [60_000, 120_000 + HOUR_MS],
  [0, HOUR_MS],
  [null, 49 * HOUR_MS],
  [-1, 49 * HOUR_MS],
  [Number.NaN, 49 * HOUR_MS],
  [Number.POSITIVE_INFINITY, 49 * HOUR_MS],
] as const) {
  test(`the id of a task with ttlMs ${ttlMs} opens for ${lifeMs} ms`, () => {
    const seals = makeTestSeals();
    const sealed = sealTask(seals, '"t"', ttlMs) ?? '';
    seals.advance(lifeMs - 1);
    assert.equal(openTask(sealed, begun, seals)?.id, 't');
    seals.advance(1);
    assert.equal(openTask(sealed, begun, seals), undefined);
  });
}

test('a ttlMs beyond all calendars lasts', () => {
  const seals = makeTestSeals();
  assert.equal(openTask(sealTask(seals, '"t"', Number.MAX_VALUE) ?? '', begun, seals)?.id, 't');
});

test('an id too long for a header is not sealed', () => {
  const seals = makeTestSeals();
  assert.equal(sealTask(seals, `"${'x'.repeat(6100)}"`), undefined);
  assert.ok((sealTask(seals, `"${'x'.repeat(5900)}"`)?.length ?? 0) <= 8192);
});

for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
  test(`${method} goes upstream with the upstream's own literal`, () => {
    const seals = makeTestSeals();
    const sealed = sealTask(seals, '"t\\u0031"') ?? '';
    const asking = makeAsking({ method, name: sealed });
    const task = openTask(asking.envelope.name ?? '', asking, seals) ?? assert.fail();
    assert.equal(task.id, 't1');
    assert.equal(
      applyEdits(asking.body, toTaskEdits(asking, task)).toString(),
      asking.body.toString().replace(JSON.stringify(sealed), () => '"t\\u0031"'),
    );
  });
}

const listen = (taskIds: string) =>
  makeAsking({
    method: 'subscriptions/listen',
    params: [['notifications', `{"toolsListChanged":true,"taskIds":${taskIds}}`]],
  });

test('a filter is opened id by id, and each is known by what the client sent', () => {
  const seals = makeTestSeals();
  const ids = ['"a"', '"b"'].map((literal) => sealTask(seals, literal) ?? '');
  const asking = listen(`[ "${ids[0]}" ,"${ids[1]}"]`);
  const asked = openTaskFilter(asking, seals);
  assert.deepEqual(
    asked.map(({ id, task }) => [id, task.id]),
    [
      [ids[0], 'a'],
      [ids[1], 'b'],
    ],
  );
  const edits = asked.map(({ edit }) => edit);
  assert.ok(applyEdits(asking.body, edits).toString().includes('"taskIds":[ "a" ,"b"]'));
});

for (const [what, taskIds, verdict] of [
  ['nothing', '[]', 'accepted'],
  ['a raw id', '["t1"]', 'state_invalid: task'],
  ['a number', '[1]', 'bad_params: task_ids'],
  ['no list', '"t1"', 'bad_params: task_ids'],
  ['no list but an object', '{"a":"t1"}', 'bad_params: task_ids'],
] as const) {
  test(`a filter of ${what}: ${verdict}`, async () => {
    assert.equal(await judge(() => openTaskFilter(listen(taskIds), makeTestSeals())), verdict);
  });
}

test('a filter of more than a thousand tasks is refused', async () => {
  const seals = makeTestSeals();
  const one = JSON.stringify(sealTask(seals, '"t"'));
  const fill = (count: number): string => `[${Array.from({ length: count }, () => one).join()}]`;
  assert.equal(await judge(() => openTaskFilter(listen(fill(1000)), seals)), 'accepted');
  assert.equal(await judge(() => openTaskFilter(listen(fill(1001)), seals)), 'bad_params: task_ids');
});

test('other methods have no filter, and a subscription without task ids has none either', () => {
  const seals = makeTestSeals();
  const none = makeAsking({ method: 'subscriptions/listen', params: [['notifications', '{}']] });
  for (const asking of [begun, none]) assert.equal(openTaskFilter(asking, seals).length, 0);
});
