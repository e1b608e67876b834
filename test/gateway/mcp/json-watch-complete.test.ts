// A long answer that nobody can edit any more passes only when its result is complete, beyond doubt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toMessageKind } from '../../../gateway/mcp/json-rpc.ts';
import { JsonWatch } from '../../../gateway/mcp/json-watch.ts';
import { cutBytes, cuts } from './cut-bytes.ts';
import { anyString, jsonText } from './json-texts.ts';

function watch(text: string, at: readonly number[] = []): string {
  const watching = new JsonWatch(1, true);
  for (const piece of cutBytes(Buffer.from(text), at)) if (!watching.push(piece)) return 'invalid';
  return watching.end();
}

const wrap = (members: string): string => `{"jsonrpc":"2.0","id":1,"result":{${members}}}`;

const ROWS: readonly (readonly [members: string, kind: string])[] = [
  ['', 'result'],
  ['"resultType":"complete"', 'result'],
  ['"result\\u0054ype":"comp\\u006cete","content":[]', 'result'],
  ['"content":[{"resultType":"task"}],"resultType":"complete"', 'result'],
  ['"structuredContent":{"resultType":"input_required","a":1},"a":{"a":1}', 'result'],
  ['"resultType":"input_required"', 'invalid'],
  ['"content":[],"resultType":"task"', 'invalid'],
  ['"resultType":"Complete"', 'invalid'],
  ['"resultType":"complete "', 'invalid'],
  ['"resultType":"complete","resultType":"task"', 'invalid'],
  ['"resultType":"complete","result\\u0054ype":"complete"', 'invalid'],
  ['"result\\u0054ype":"task"', 'invalid'],
  ['"ResultType":"task"', 'invalid'],
  ['"re\u017fultType":"task"', 'invalid'],
  ['"resultType":null', 'invalid'],
  ['"resultType":1', 'invalid'],
  ['"resultType":["complete"]', 'invalid'],
  ['"resultType":{"complete":"complete"}', 'invalid'],
  ['"a":1,"\\u0061":2', 'invalid'],
  [`"${'x'.repeat(2000)}":1`, 'invalid'],
  [`"resultType":"complete${'x'.repeat(20_000)}"`, 'invalid'],
  [Array.from({ length: 256 }, (_, i) => `"m${i}":0`).join(','), 'result'],
  [Array.from({ length: 257 }, (_, i) => `"m${i}":0`).join(','), 'invalid'],
];

for (const [members, kind] of ROWS) {
  test(`a result of ${members.slice(0, 80)} is ${kind}`, () => {
    const text = wrap(members);
    assert.equal(watch(text), kind);
    assert.equal(
      watch(
        text,
        Array.from({ length: Math.min(text.length, 3000) }, (_, i) => i),
      ),
      kind,
    );
  });
}

test('an outer member that only looks like one of the protocol is refused', () => {
  for (const name of ['Result', 'RESULT', 're\u017fult', 'Error', 'ID', 'Method'])
    assert.equal(watch(`{"jsonrpc":"2.0","id":1,"result":{},"${name}":{}}`), 'invalid', name);
  assert.equal(watch('{"jsonrpc":"2.0","id":1,"result":{},"vendor":{"resultType":"task"}}'), 'result');
  assert.equal(watch('{"vendor":{"resultType":"task"},"jsonrpc":"2.0","id":1,"result":{"a":1}}'), 'result');
  assert.equal(watch('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","resultType":1}}'), 'error');
});

test('what it lets through is a result that a parser reads as complete, and it lets all of those through', () => {
  const member = fc.oneof(
    fc.tuple(anyString, jsonText).map(([name, value]) => `${name}:${value}`),
    fc.constantFrom(
      '"resultType":"complete"',
      '"resultType":"task"',
      '"result\\u0054ype" : "complete"',
      '"content":[]',
    ),
    jsonText.map((value) => `"resultType":${value}`),
  );
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), cuts, (members, at) => {
      const text = wrap(members.join(','));
      const kind = toMessageKind(Buffer.from(text), 1);
      const type = (JSON.parse(text) as { result: { resultType?: unknown } }).result.resultType;
      const isComplete = kind === 'result' && (type === undefined || type === 'complete');
      assert.equal(watch(text, at) === 'result', isComplete);
    }),
    { numRuns: 3000 },
  );
});
