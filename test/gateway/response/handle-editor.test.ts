// Configured values of results are sealed in their places, and where they stand by themselves in texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HandlePlace, makeHandleEditor } from '../../../gateway/response/handle-editor.ts';
import { compilePointer, followPointer } from '../../../gateway/sealing/json-pointer.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';

const toResult = (members: string): string => `{"jsonrpc":"2.0","id":1,"result":{${members}}}`;

function toPlace(pointer: string, seal: HandlePlace['seal'] = () => 'SEALED'): HandlePlace {
  const compiled = compilePointer(pointer);
  return { find: (message, result) => followPointer(message, result, compiled), seal };
}

const edit = (members: string, ...places: readonly HandlePlace[]) =>
  editJson(makeHandleEditor(places, 'answer'), toResult(members));
const at = (value: string): string => `"structuredContent":{"id":${value}}`;
const toAnswer = (text: string, id = '"b-17"'): string => `"content":[{"type":"text","text":${text}}],${at(id)}`;
const ID = toPlace('/structuredContent/id');

test('a value is sealed in its place, and every other byte stays', () => {
  const seen: string[] = [];
  const place = toPlace('/structuredContent/id', (literal) => {
    seen.push(literal.toString());
    return 'SEALED';
  });
  const before = '"n": 1e400 ,"structuredContent": {"other":"b-17x", "id" : "b\\u002d17" }';
  const after = before.replace('"b\\u002d17"', '"SEALED"');
  assert.equal(edit(before, place).text, toResult(after));
  assert.equal(
    editStream(makeHandleEditor([place], 'answer'), toEvent(toResult(before))).text,
    toEvent(toResult(after)),
  );
  assert.deepEqual(seen, ['"b\\u002d17"', '"b\\u002d17"']);
});

test('numbers and objects are sealed as they stand, null and nothing are no handles', () => {
  for (const value of ['9007199254740993', '{"a":[1]}', 'true', '""'])
    assert.equal(edit(at(value), ID).text, toResult(at('"SEALED"')));
  for (const members of [at('null'), '"structuredContent":{}', '"structuredContent":"id"', '"content":[]', ''])
    assert.equal(edit(members, ID).text, toResult(members));
});

test('a place that two readers could find differently spoils the answer', () => {
  for (const members of [
    '"structuredContent":{"id":"b-17","ID":"b-18"}',
    '"structuredContent":{"Id":"b-17"}',
    '"StructuredContent":{"id":"b-17"}',
  ])
    assert.deepEqual(edit(members, ID), { fault: 'malformed', text: '', calls: [] });
});

test('the value goes from texts where it stands by itself, in each spelling', () => {
  for (const [before, after] of [
    ['"b-17"', '"SEALED"'],
    [
      '"basket b\\u002d17, (b-17): \\"b-17\\" b-17b b-177 xb-17 _b-17 b-17-a éb-17"',
      '"basket SEALED, (SEALED): \\"SEALED\\" b-17b b-177 xb-17 _b-17 b-17-a éb-17"',
    ],
    ['"nothing"', '"nothing"'],
    ['"esc\\u0061ped and not touched"', '"esc\\u0061ped and not touched"'],
    ['7', '7'],
  ] as const)
    assert.equal(edit(toAnswer(before), ID).text, toResult(toAnswer(after, '"SEALED"')));
});

test('a number goes from texts as it is written; a short value is found in texts of all kinds and stays', () => {
  assert.equal(
    edit(toAnswer('"order 12345, not 123456"', '12345'), ID).text,
    toResult(toAnswer('"order SEALED, not 123456"', '"SEALED"')),
  );
  assert.equal(edit(toAnswer('"order 12"', '12'), ID).text, toResult(toAnswer('"order 12"', '"SEALED"')));
});

test('content of other shapes is left alone', () => {
  for (const content of ['"b-17"', '{}', '["b-17",null,{"text":null},{"data":"b-17"}]']) {
    const toAnswer = (id: string): string => `"content":${content},"structuredContent":{"id":${id}}`;
    assert.equal(edit(toAnswer('"b-17"'), ID).text, toResult(toAnswer('"SEALED"')));
  }
});

test('a text that is the place itself is sealed once', () => {
  const place = toPlace('/content/0/text');
  const two = '"content":[{"text":"b-17"},{"text":"it is b-17"}]';
  assert.equal(edit(two, place).text, toResult('"content":[{"text":"SEALED"},{"text":"it is SEALED"}]'));
  assert.equal(edit('"content":[{"text":"b-17"}]', place, place).text, toResult('"content":[{"text":"SEALED"}]'));
});

test('several places are sealed each by its own rule', () => {
  const members = '"structuredContent":{"id":"b-17","owner":{"id":"u-99"}},"content":[{"text":"u-99 has b-17"}]';
  const owner = toPlace('/structuredContent/owner/id', () => 'OWNER');
  assert.equal(
    edit(members, ID, owner).text,
    toResult('"structuredContent":{"id":"SEALED","owner":{"id":"OWNER"}},"content":[{"text":"OWNER has SEALED"}]'),
  );
  assert.equal(
    edit('"structuredContent":{"id":"b-17"}', toPlace('/structuredContent'), ID).text,
    toResult('"structuredContent":"SEALED"'),
  );
});

test('what is too long to come back, or makes a text too long, does not go out', () => {
  const members = '"structuredContent":{"id":"b-17"}';
  assert.equal(
    edit(
      members,
      toPlace('/structuredContent/id', () => undefined),
    ).fault,
    'oversized',
  );
  const long = toPlace('/structuredContent/id', () => 'S'.repeat(400));
  assert.equal(edit(`${members},"content":[{"text":"${'b-17 '.repeat(5_000)}"}]`, long).fault, 'oversized');
  assert.equal(edit(`${members},"content":[{"text":"${'b-17 '.repeat(2_000)}"}]`, long).fault, undefined);
});

test('many texts together do not grow beyond all bounds', () => {
  const long = toPlace('/structuredContent/id', () => 'S'.repeat(400));
  const texts = Array.from({ length: 500 }, () => `{"text":"${'b-17 '.repeat(100)}"}`).join(',');
  assert.equal(edit(`"structuredContent":{"id":"b-17"},"content":[${texts}]`, long).fault, 'oversized');
});

test('errors and notifications pass', () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"b-17"}}';
  const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{"structuredContent":{"id":"b-17"}}}';
  assert.equal(
    editStream(makeHandleEditor([ID], 'answer'), toEvent(note) + toEvent(error)).text,
    toEvent(note) + toEvent(error),
  );
});

test('an answer beyond the size that streams is sealed all the same', () => {
  const filler = 'x'.repeat(300 * 1024);
  const { text, fault } = edit(`"structuredContent":{"id":"b-17"},"content":[{"text":"${filler} b-17"}]`, ID);
  assert.deepEqual([fault, text.includes('b-17')], [undefined, false]);
});
