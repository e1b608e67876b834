// Which ids are taken, and that an id is repeated as the very bytes it came in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRefusal, makeDraft, openDraft, replace, toBody } from './make-request.ts';

const TAKEN: readonly (readonly [literal: string, id: string | number])[] = [
  ['0', 0],
  ['1', 1],
  ['-1', -1],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['""', ''],
  ['"0"', '0'],
  ['"null"', 'null'],
  ['"\\u0000"', '\0'],
  ['"\\u0061\\/\\n"', 'a/\n'],
  ['"\\ud83d\\uDE00"', '😀'],
  ['"😀 \u2028"', '😀 \u2028'],
  ['"__proto__"', '__proto__'],
  [`"${'x'.repeat(1022)}"`, 'x'.repeat(1022)],
];

const REFUSED = [
  'null',
  'true',
  'false',
  '[]',
  '[1]',
  '{}',
  '{"id":1}',
  '1.0',
  '1.5',
  '0.0',
  '1e0',
  '1E2',
  '1e-2',
  '-0',
  '0e0',
  '-0.0',
  '9007199254740992',
  '-9007199254740992',
  '9007199254740993',
  '12345678901234567',
  '1e400',
  '9'.repeat(2000),
  `"${'x'.repeat(1023)}"`,
];

test('a string or a safe integer in plain digits is an id, and its bytes are kept', () => {
  for (const [literal, id] of TAKEN) {
    const draft = makeDraft();
    replace(draft.top, 'id', literal);
    const envelope = openDraft(draft);
    assert.equal(envelope.id, id);
    assert.equal(envelope.idLiteral, literal);
  }
});

test('anything else is no id, and is never repeated', () => {
  for (const literal of REFUSED) {
    const draft = makeDraft();
    replace(draft.top, 'id', literal);
    const refusal = findRefusal(toBody(draft), draft.headers);
    assert.equal(refusal?.kind, 'not_a_request', literal);
    assert.equal(refusal?.detail.reason, 'id', literal);
    assert.equal(refusal?.idLiteral, undefined, literal);
  }
});

test('white space around an id is no part of it', () => {
  const draft = makeDraft();
  replace(draft.top, 'id', ' \t\r\n7 \n');
  assert.equal(openDraft(draft).idLiteral, '7');
});

test('a refusal repeats the id whatever stands before or behind it, once the body is JSON', () => {
  for (const order of ['first', 'last']) {
    for (const spoil of ['unknown member', 'jsonrpc', 'params', 'header']) {
      const draft = makeDraft();
      replace(draft.top, 'id', '"\\u0061"');
      if (spoil === 'unknown member') draft.top.push(['extra', '1']);
      if (spoil === 'jsonrpc') replace(draft.top, 'jsonrpc', '"1.0"');
      if (spoil === 'params') draft.meta = [];
      if (spoil === 'header') draft.headers = [];
      if (order === 'last') draft.top.reverse();
      assert.equal(findRefusal(toBody(draft), draft.headers)?.idLiteral, '"\\u0061"', `${spoil}, ${order}`);
    }
  }
});
