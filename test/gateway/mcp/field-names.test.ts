// Member names that a reader who ignores case would take for a field of the protocol.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLookalike, makeFieldNames } from '../../../gateway/mcp/field-names.ts';

const FIELDS = makeFieldNames(['id', 'params', 'taskId', '_meta', 'io.modelcontextprotocol/protocolVersion']);

const LOOKALIKES = [
  'ID',
  'Id',
  'iD',
  'PARAMS',
  'Params',
  'param\u017f',
  'taskid',
  'TaskID',
  'ta\u017fkId',
  'tas\u212aId',
  'TA\u017f\u212aID',
  '_Meta',
  '\u0131d',
  'IO.ModelContextProtocol/ProtocolVersion',
  'io.modelcontextprotocol/protocolver\u017fion',
];

const OTHERS = [
  'id',
  'params',
  'taskId',
  '_meta',
  '',
  'i',
  'idd',
  ' id',
  'id ',
  'i_d',
  'task_id',
  'task-id',
  'meta',
  'protocolVersion',
  '\u0456d',
  'p\u0430rams',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
];

test('a name spelled like a field in other letters of the same fold is a lookalike', () => {
  for (const name of LOOKALIKES) assert(isLookalike(name, FIELDS), name);
});

test('a field itself and a name that no reader would take for it are no lookalikes', () => {
  for (const name of OTHERS) assert(!isLookalike(name, FIELDS), name);
});

test('every character that Unicode folds to a letter of a field is seen through', () => {
  const fields = makeFieldNames(['abcdefghijklmnopqrstuvwxyz']);
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (let point = 0x80; point < 0x30000; point++) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const char = String.fromCodePoint(point);
    // Simple case folding, as the flags `i` and `u` of a pattern apply it; ASCII alone on the other side.
    const folded = /[a-z]/iu.test(char)
      ? letters.split('').find((letter) => new RegExp(letter, 'iu').test(char))
      : undefined;
    if (folded === undefined) continue;
    assert(isLookalike(letters.replace(folded, char), fields), `U+${point.toString(16)} for ${folded}`);
  }
});
