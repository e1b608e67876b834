// The code of an error, and the error a record notes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toErrorNote } from '../../../gateway/response/error-note.ts';
import { findErrorCode } from '../../../gateway/response/find-error-code.ts';
import { findResult } from '../../../gateway/response/find-result.ts';

const toError = (members: string): Buffer => Buffer.from(` {"jsonrpc":"2.0","id":1,"error" : {${members}}}`);
const toResult = (members: string): Buffer => Buffer.from(`{"id":"{","result": {${members}},"jsonrpc":"2.0"}`);

test('a code is found wherever it stands and however it is written', () => {
  const table: readonly [members: string, code: number | undefined][] = [
    ['"code":-32602,"message":"m"', -32602],
    ['"message":"\\"code\\":1","data":{"code":2}, "code" : 3', 3],
    ['"c\\u006fde":0', 0],
    ['"code":-32602.0', -32602],
    ['"code":-3.2602E4', -32602],
    ['"code":9007199254740993', undefined],
    ['"code":1.5', undefined],
    ['"code":1e999', undefined],
    ['"code":"1"', undefined],
    ['"code":null', undefined],
    ['"code":{"a":1}', undefined],
    ['"code":true', undefined],
    ['"Code":1', undefined],
    ['', undefined],
  ];
  for (const [members, code] of table) assert.equal(findErrorCode(toError(members)), code, members);
});

test('a message without an error has no code', () => {
  assert.equal(findErrorCode(toResult('"error":{"code":1}')), undefined);
});

test('a result is found behind members that look like it', () => {
  const message = toResult('"result":{"a":1}');
  assert.equal(message.toString('utf8', findResult(message)).startsWith('{"result"'), true);
  assert.throws(() => findResult(toError('"result":{}')));
});

test('a record notes the code of an error, and a tool that says it failed', () => {
  assert.deepEqual(toErrorNote(toError('"code":-32602'), 'error'), { errorCode: -32602 });
  assert.deepEqual(toErrorNote(toError('"code":"secret"'), 'error'), { errorCode: undefined });
  assert.deepEqual(toErrorNote(toResult('"isError": true'), 'result'), { isToolError: true });
  for (const members of [
    '',
    '"isError":false',
    '"isError":"true"',
    '"structuredContent":{"isError":true}',
    '"content":[{"text":"\\"isError\\":true"}]',
  ])
    assert.deepEqual(toErrorNote(toResult(members), 'result'), {});
});
