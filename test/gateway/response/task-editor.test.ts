// Answers about a task: the client hears of it by the id it was given, and of no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTaskEditor } from '../../../gateway/response/task-editor.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';

const toResult = (members: string): string => `{"jsonrpc":"2.0","id":1,"result":{${members}}}`;
const toError = (members: string): string => `{"jsonrpc":"2.0","id":1,"error":{${members}}}`;

function make() {
  const statuses: string[] = [];
  const settings = {
    upstreamId: 'up-1',
    clientId: 'v1.sealed',
    onStatus: (status: string) => void statuses.push(status),
  };
  const editor = makeTaskEditor(settings);
  return { statuses, edit: (text: string, status = 200) => editJson(editor, text, [], status), editor };
}

test('the task goes by the id of its client, and its status is noticed', () => {
  const { edit, editor, statuses } = make();
  const before = '"resultType":"complete", "taskId" : "up\\u002d1" ,"status":"working","n":1e400';
  const after = before.replace('"up\\u002d1"', '"v1.sealed"');
  assert.equal(edit(toResult(before)).text, toResult(after));
  assert.equal(editStream(editor, toEvent(toResult(before))).text, toEvent(toResult(after)));
  assert.deepEqual(statuses, ['working', 'working']);
});

test('an acknowledgement that names no task passes as it is', () => {
  const { edit, statuses } = make();
  for (const members of ['"resultType":"complete"', '', '"_meta":{"taskId":"up-2"}'])
    assert.equal(edit(toResult(members)).text, toResult(members));
  assert.deepEqual(statuses, []);
});

test('what the task became is left alone', () => {
  const { edit } = make();
  const result = '"result":{"resultType":"odd","taskId":"x","content":[{"type":"text","text":"up-1"}]}';
  const before = `"taskId":"up-1","status":"completed",${result},"resultType":"complete"`;
  assert.equal(edit(toResult(before)).text, toResult(before.replace('up-1', 'v1.sealed')));
});

test('an answer about another task, or of another type, is malformed and says nothing of a status', () => {
  const { edit, statuses } = make();
  for (const members of [
    '"taskId":"up-2","status":"completed"',
    '"taskId":"UP-1","status":"completed"',
    '"taskId":["up-1"],"status":"completed"',
    '"taskId":null,"status":"completed"',
    '"resultType":"task","taskId":"up-1","status":"completed"',
    '"taskId":"up-1","status":"completed","resultType":"input_required"',
    '"taskId":"up-1","status":"completed","resultType":7',
    '"taskId":"up-1","TaskId":"up-2","status":"completed"',
    '"TASKID":"up-1","status":"completed"',
    '"taskId":"up-1","status":"completed","Status":"working"',
    '"taskId":"up-1","status":"completed","resulttype":"complete"',
  ])
    assert.deepEqual(edit(toResult(members)), { fault: 'malformed', text: '', calls: [] }, members);
  assert.deepEqual(statuses, []);
});

test('a task that the server forgot has one answer, however its code is written', () => {
  for (const code of ['-32602', '-32602.0', '-3.2602e4'])
    assert.equal(make().edit(toError(`"code":${code},"message":"up-1"`), 400).fault, 'forgotten');
});

test('a task its server has forgotten is told of once for each answer that says so', () => {
  let forgotten = 0;
  const settings = {
    upstreamId: 'up-1',
    clientId: 'v1.sealed',
    onStatus: () => {},
    onForgotten: () => void forgotten++,
  };
  const editor = makeTaskEditor(settings);
  assert.equal(editJson(editor, toError('"code":-32602,"message":"m"'), [], 400).fault, 'forgotten');
  assert.equal(editJson(editor, toError('"code":-32603,"message":"m"'), [], 500).fault, undefined);
  assert.equal(forgotten, 1);
});

test('another error passes, without the id the server knows', () => {
  const { edit } = make();
  const words = (text: string): string => toError(`"code":-32603,"message":${text}`);
  assert.equal(edit(words('"busy"')).text, words('"busy"'));
  assert.equal(
    edit(words('"Task up\\u002d1 is busy; up-12 is not"')).text,
    words('"Task v1.sealed is busy; up-12 is not"'),
  );
  assert.equal(edit(words('7')).text, words('7'));
  const data = (text: string): string => toError(`"code":-32603,"message":"m","data":${text}`);
  assert.equal(edit(data('{"a":["up-1"]}')).text, toError('"code":-32603,"message":"m"'));
  assert.equal(edit(data('{"up\\u002d1":1}')).text, toError('"code":-32603,"message":"m"'));
  assert.equal(edit(data('{"a":"job up-1 broke"}')).text, toError('"code":-32603,"message":"m"'));
  assert.equal(edit(data('{"a":"up-2"}')).text, data('{"a":"up-2"}'));
});

test('an error that says nothing but the id does not grow beyond bounds', () => {
  const { edit } = make();
  assert.equal(edit(toError(`"code":1,"message":"${'up-1 '.repeat(40_000)}"`)).text.includes('up-1'), false);
  assert.equal(edit(toError(`"code":1,"message":"${'up-1 '.repeat(50_000)}"`)).text.includes('up-1'), false);
  const long = makeTaskEditor({ upstreamId: 'up-1', clientId: 'x'.repeat(400), onStatus: () => {} });
  assert.equal(editJson(long, toError(`"code":1,"message":"${'up-1 '.repeat(50_000)}"`)).fault, 'oversized');
});

test('notifications pass', () => {
  const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{"taskId":"up-2"}}';
  const text = toEvent(note) + toEvent(toResult(''));
  assert.equal(editStream(make().editor, text).text, text);
});
