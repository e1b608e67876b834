// An unknown name looks like a hidden one, and nothing else does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HIDE_EDITOR } from '../../../gateway/response/hide-editor.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';

const toError = (code: string): string => `{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"secret://x"}}`;

test('what servers say of a name they do not know is hidden, however the code is written', () => {
  for (const code of ['-32602', '-32002', '-32602.0', '-3.2602e4', '-326020e-1']) {
    for (const status of [200, 400, 404, 500])
      assert.deepEqual(editJson(HIDE_EDITOR, toError(code), [], status), { fault: 'hidden', text: '', calls: [] });
    assert.deepEqual(editStream(HIDE_EDITOR, toEvent(toError(code))), { fault: 'hidden', text: '', calls: [] });
  }
});

test('other errors and results pass byte for byte', () => {
  for (const code of ['-32603', '-32601', '-32021', '404', '-32602.5', '"-32602"', 'null', '-1e999', '[-32602]', '{}'])
    assert.equal(editJson(HIDE_EDITOR, toError(code), [], 400).text, toError(code));
  const result = '{"jsonrpc":"2.0","id":1,"result":{"error":{"code":-32602}}}';
  assert.equal(editJson(HIDE_EDITOR, result).text, result);
  assert.equal(editStream(HIDE_EDITOR, toEvent(result)).text, toEvent(result));
});

test('what is said before the answer does not begin it', () => {
  const note = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}';
  const hidden = editStream(HIDE_EDITOR, toEvent(note) + toEvent(toError('-32602')), [toEvent(note).length]);
  assert.deepEqual(hidden, { fault: 'hidden', text: '', calls: [] });
  const result = '{"jsonrpc":"2.0","id":1,"result":{}}';
  assert.equal(editStream(HIDE_EDITOR, toEvent(note) + toEvent(result)).text, toEvent(result));
});
