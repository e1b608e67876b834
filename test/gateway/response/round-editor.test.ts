// Answers that are not the last word: state is sealed, tasks are, and what the client did not declare does not pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type BegunTask, makeRoundEditor, type RoundSettings } from '../../../gateway/response/round-editor.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';

const toResult = (members: string): string => `{"jsonrpc":"2.0","id":1,"result":{${members}}}`;
const ASKED = '"resultType":"input_required"';
const ELICIT = '{"method":"elicitation/create","params":{"message":"?"}}';
const TASK = '"resultType":"task","taskId":"t-1","status":"working"';

const SETTINGS: RoundSettings = {
  mayAsk: true,
  canAnswer: (question) => question === 'elicitation/create',
  mayBecomeTask: true,
  mayBeOther: false,
  sealState: () => 'SEALED',
  sealTask: () => 'SEALED',
};
const NEVER = (): string => assert.fail('it was sealed');
const make = (settings: Partial<RoundSettings> = {}) => makeRoundEditor(() => ({ ...SETTINGS, ...settings }));
const edit = (members: string, settings: Partial<RoundSettings> = {}) => editJson(make(settings), toResult(members));

test('a complete answer passes byte for byte, and nothing is asked about the request', () => {
  const editor = makeRoundEditor(() => assert.fail('it was asked'));
  for (const members of [
    '"resultType":"complete","content":[]',
    '"resultType" : "complete" , "content" : [ ]',
    '"content":[]',
    '"resultType":"complete","content":[{"text":"a task with requestState, inputRequests, input_required"}]',
    '"resultType":"complete","structuredContent":{"resultType":"task","taskId":"t"}',
    '"structuredContent":{"resultType":"odd"}',
    '"resultType":"compl\\u0065te"',
  ])
    assert.equal(editJson(editor, toResult(members)).text, toResult(members));
});

test('errors and notifications pass', () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"task input_required requestState"}}';
  const note = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"requestState":"task"}}';
  const editor = makeRoundEditor(() => assert.fail('it was asked'));
  assert.equal(editStream(editor, toEvent(note) + toEvent(error)).text, toEvent(note) + toEvent(error));
});

test('state is sealed in its place, and every other byte stays', () => {
  const seen: string[] = [];
  const sealState = (literal: Buffer): string => {
    seen.push(literal.toString());
    return 'SEALED';
  };
  const before = `"a": 1e400 , ${ASKED}, "requestState" : "s\\u00e9cret\\"" ,"inputRequests":{"q":${ELICIT}}`;
  const after = before.replace('"s\\u00e9cret\\""', '"SEALED"');
  assert.equal(edit(before, { sealState }).text, toResult(after));
  assert.deepEqual(seen, ['"s\\u00e9cret\\""']);
  assert.equal(editStream(make({ sealState }), toEvent(toResult(before))).text, toEvent(toResult(after)));
  const escaped = '"r\\u0065sultType":"input\\u005frequired","requ\\u0065stState":"x"';
  assert.equal(edit(escaped).text, toResult(escaped.replace('"x"', '"SEALED"')));
});

test('state alone, or questions alone, are an answer; neither is none', () => {
  assert.equal(edit(`${ASKED},"requestState":"x"`).text, toResult(`${ASKED},"requestState":"SEALED"`));
  assert.equal(edit(`${ASKED},"inputRequests":{"q":${ELICIT}}`).fault, undefined);
  assert.equal(edit(`${ASKED},"inputRequests":{}`).fault, undefined);
  assert.equal(edit(ASKED).fault, 'malformed');
});

test('what only looks like a question, or is none, does not pass', () => {
  for (const members of [
    `${ASKED},"requestState":1`,
    `${ASKED},"requestState":null`,
    `${ASKED},"requestState":{"a":"b"}`,
    `${ASKED},"inputRequests":[${ELICIT}]`,
    `${ASKED},"inputRequests":null`,
    `${ASKED},"inputRequests":{"q":"elicitation/create"}`,
    `${ASKED},"inputRequests":{"q":null}`,
    `${ASKED},"inputRequests":{"q":[]}`,
    `${ASKED},"inputRequests":{"q":{}}`,
    `${ASKED},"inputRequests":{"q":{"method":7}}`,
    `${ASKED},"inputRequests":{"q":{"method":"elicitation/create","Method":"sampling/createMessage"}}`,
    `${ASKED},"inputRequests":{"q":{"method":"elicitation/create","params":{},"PARAMS":{"mode":"url"}}}`,
    '"ResultType":"input_required","requestState":"x"',
    `${ASKED},"RequestState":"x"`,
    `${ASKED},"requestState":"x","request_state":"x","RequestState":"y"`,
    '"resultType":"complete","TASKID":"task"',
    '"resultType":["task"],"taskId":"t","status":"working"',
    '"resultType":null,"requestState":"x"',
  ])
    assert.deepEqual(edit(members), { fault: 'malformed', text: '', calls: [] }, members);
});

test('one question that was not declared spoils the answer, wherever it stands', () => {
  const sampling = '{"method":"sampling/createMessage","params":{}}';
  for (const requests of [
    `{"a":${sampling}}`,
    `{"a":${ELICIT},"b":${sampling}}`,
    `{"a":${sampling},"b":${ELICIT}}`,
    '{"a":{"method":"tools/call"}}',
    '{"__proto__":{"method":"toString"}}',
    '{"a":{"method":"sampling\\/createMess\\u0061ge"}}',
  ])
    assert.deepEqual(edit(`${ASKED},"inputRequests":${requests}`), { fault: 'undeclared', text: '', calls: [] });
});

test('params of a question are shown to whom decides', () => {
  const seen: unknown[] = [];
  const canAnswer = (question: string, params: unknown): boolean => seen.push([question, params]) > 0;
  edit(`${ASKED},"inputRequests":{"a":${ELICIT},"b":{"method":"roots/list"}}`, { canAnswer });
  assert.deepEqual(seen, [
    ['elicitation/create', { message: '?' }],
    ['roots/list', undefined],
  ]);
});

test('a method that has no second round may not be asked', () => {
  assert.equal(edit(`${ASKED},"requestState":"x"`, { mayAsk: false, sealState: NEVER }).fault, 'undeclared');
});

test('a task is sealed with what the server said of it', () => {
  const seen: unknown[] = [];
  const sealTask = (literal: Buffer, task: BegunTask): string => {
    seen.push([literal.toString(), task]);
    return 'SEALED';
  };
  const told = `${TASK},"ttlMs":60000,"pollIntervalMs":1.5e3`;
  assert.equal(edit(told, { sealTask }).text, toResult(told.replace('t-1', 'SEALED')));
  edit(`${TASK},"ttlMs":null`, { sealTask });
  const base = { id: 't-1', status: 'working' };
  assert.deepEqual(seen, [
    ['"t-1"', { ...base, ttlMs: 60_000, pollIntervalMs: 1500 }],
    ['"t-1"', { ...base, ttlMs: null, pollIntervalMs: undefined }],
  ]);
});

test('a task that nobody could keep is malformed, and is not sealed', () => {
  for (const members of [
    '"resultType":"task"',
    '"resultType":"task","taskId":"t"',
    '"resultType":"task","status":"working"',
    '"resultType":"task","taskId":7,"status":"working"',
    '"resultType":"task","taskId":{"a":"b"},"status":"working"',
    '"resultType":"task","taskId":"t","status":null',
    `${TASK},"TaskId":"t-2"`,
    `${TASK},"ttlMs":-1`,
    `${TASK},"ttlMs":"60000"`,
    `${TASK},"ttlMs":1e999`,
    `${TASK},"ttlMs":true`,
    `${TASK},"pollIntervalMs":[]`,
    `${TASK},"pollIntervalMs":-0.1`,
  ])
    assert.deepEqual(edit(members, { sealTask: NEVER }), { fault: 'malformed', text: '', calls: [] }, members);
});

test('a task that may not be is undeclared, and is not sealed', () => {
  assert.equal(edit(TASK, { mayBecomeTask: false, sealTask: NEVER }).fault, 'undeclared');
});

test('what is too long to come back does not go out', () => {
  assert.equal(edit(TASK, { sealTask: () => undefined }).fault, 'oversized');
  assert.equal(edit(`${ASKED},"requestState":"x"`, { sealState: () => undefined }).fault, 'oversized');
});

test('a type of another extension passes only where one was declared, whatever else the answer says', () => {
  for (const members of [
    '"resultType":"com.example/other"',
    '"resultType":"com.example/other","text":"task"',
    '"resultType":"COMPLETE"',
    '"resultType":"complete "',
    '"resultType":""',
    '"structuredContent":{"resultType":"complete"},"resultType":"odd"',
    '"resultType":"odd","structuredContent":{"resultType":"complete"}',
  ]) {
    assert.deepEqual(edit(members), { fault: 'undeclared', text: '', calls: [] }, members);
    assert.equal(edit(members, { mayBeOther: true }).text, toResult(members));
  }
});

test('no answer carries a state or a task past its seal', () => {
  const type = fc.constantFrom('input_required', 'task', 'complete', 'odd', undefined);
  const spell = fc.constantFrom(
    (name: string) => JSON.stringify(name),
    (name: string) => `"${name.replaceAll(/./g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`,
  );
  fc.assert(
    fc.property(type, spell, spell, fc.constantFrom('', ' ', '\n'), (resultType, name, value, blank) => {
      const members = [
        ...(resultType === undefined ? [] : [`${name('resultType')}${blank}:${blank}${value(resultType)}`]),
        `${value('requestState')}:"SECRET"`,
        `${name('taskId')}${blank}:"SECRET"`,
        `${name('status')}:"working"`,
      ].join(',');
      const { fault, text } = edit(members);
      if (resultType === 'odd') assert.equal(fault, 'undeclared');
      else assert.equal(fault, undefined);
      const got = (fault === undefined ? JSON.parse(text) : { result: {} }) as { result: Record<string, unknown> };
      if (resultType === 'input_required') assert.equal(got.result['requestState'], 'SEALED');
      if (resultType === 'task') assert.equal(got.result['taskId'], 'SEALED');
    }),
    { numRuns: 300 },
  );
});
