// What a server may ask follows from what the client declared for this request, and from nothing it inherits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCanAnswer } from '../../../gateway/response/can-answer.ts';

const ELICIT = 'elicitation/create';
const SAMPLE = 'sampling/createMessage';

const can = (declared: object, question: string, params?: unknown): boolean =>
  makeCanAnswer(() => JSON.stringify(declared))(question, params);

test('a question is answerable when its own capability is declared', () => {
  const table: readonly [declared: object, elicit: boolean, sample: boolean, roots: boolean][] = [
    [{}, false, false, false],
    [{ elicitation: {} }, true, false, false],
    [{ sampling: {} }, false, true, false],
    [{ roots: {} }, false, false, true],
    [{ roots: { listChanged: true }, sampling: { tools: {} }, elicitation: { form: {}, url: {} } }, true, true, true],
    [{ elicitation: true, sampling: 1, roots: 'yes' }, false, false, false],
    [{ elicitation: null, sampling: null, roots: null }, false, false, false],
    [{ Elicitation: {}, SAMPLING: {}, root: {} }, false, false, false],
    [{ experimental: { elicitation: {} }, extensions: { sampling: {} } }, false, false, false],
  ];
  for (const [declared, ...expected] of table) {
    const asked = [can(declared, ELICIT), can(declared, SAMPLE), can(declared, 'roots/list')];
    assert.deepEqual(asked, expected, JSON.stringify(declared));
  }
});

test('a mode of elicitation must be declared, and a declaration without modes means forms', () => {
  const table: readonly [elicitation: object, form: boolean, url: boolean][] = [
    [{}, true, false],
    [{ form: {} }, true, false],
    [{ url: {} }, false, true],
    [{ form: {}, url: {} }, true, true],
  ];
  for (const [elicitation, form, url] of table) {
    const declared = { elicitation };
    assert.equal(can(declared, ELICIT, { mode: 'form' }), form);
    assert.equal(can(declared, ELICIT, { message: '?' }), form);
    assert.equal(can(declared, ELICIT, null), form);
    assert.equal(can(declared, ELICIT, { mode: 'url' }), url);
    for (const mode of ['URL', 'toString', '', null, 7, ['form'], { form: {} }])
      assert.equal(can(declared, ELICIT, { mode }), false);
  }
});

test('sampling with tools must be declared by itself', () => {
  for (const params of [{ tools: [] }, { toolChoice: { mode: 'auto' } }, { tools: null }]) {
    assert.equal(can({ sampling: {} }, SAMPLE, params), false);
    assert.equal(can({ sampling: { tools: true } }, SAMPLE, params), false);
    assert.equal(can({ sampling: { tools: {} } }, SAMPLE, params), true);
  }
  assert.equal(can({ sampling: {} }, SAMPLE, { messages: [] }), true);
});

test('a question nobody can declare is not answerable, whatever its name', () => {
  const declared = { elicitation: {}, sampling: {}, roots: {}, tools: {} };
  for (const question of [
    'tools/call',
    'roots/LIST',
    'constructor',
    '__proto__',
    'toString',
    '',
    'elicitation/create ',
  ])
    assert.equal(can(declared, question), false);
});

test('what every object inherits is not declared', () => {
  for (const text of [
    '{"__proto__":{"sampling":{},"roots":{},"elicitation":{}}}',
    '{"constructor":{}}',
    '[]',
    'null',
  ]) {
    for (const question of [ELICIT, SAMPLE, 'roots/list']) assert.equal(makeCanAnswer(() => text)(question, {}), false);
  }
});

test('capabilities are read when the first question comes, and once', () => {
  let reads = 0;
  const canAnswer = makeCanAnswer(() => {
    reads++;
    return '{"roots":{}}';
  });
  assert.equal(reads, 0);
  assert.deepEqual([canAnswer('roots/list', undefined), canAnswer(SAMPLE, {}), reads], [true, false, 1]);
});
