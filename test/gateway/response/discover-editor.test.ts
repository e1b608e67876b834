// A discovery tells a caller of the extensions it was granted, and of nothing it may not know.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiscoverView, makeDiscoverEditor } from '../../../gateway/response/discover-editor.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';

const ALL: DiscoverView = { grantsExtension: () => true, hidesInstructions: () => false, dependsOnCaller: false };
const HEAD = '{"jsonrpc":"2.0","id":1,"result":';

function edit(result: string, view: Partial<DiscoverView>): string {
  const editor = makeDiscoverEditor({ ...ALL, ...view });
  const { fault, text } = editJson(editor, `${HEAD}${result}}`);
  const stream = editStream(editor, toEvent(`${HEAD}${result}}`));
  assert.equal(stream.fault, fault);
  if (fault !== undefined) return fault;
  assert.equal(stream.text, toEvent(text));
  return text.slice(HEAD.length, -1);
}

const grantsExtension = (id: string): boolean => id === 'io.modelcontextprotocol/tasks';

test('extensions that were not granted go, and all other bytes stay', () => {
  const rows = [
    [
      '{ "capabilities":{"tools":{}, "extensions":{"a/b":{"x":1e400},"io.modelcontextprotocol/tasks":{ }}},"ttlMs":1}',
      '{ "capabilities":{"tools":{}, "extensions":{"io.modelcontextprotocol/tasks":{ }}},"ttlMs":1}',
    ],
    ['{"capabilities":{"extensions":{"io.modelcontextprotocol/ui":{}}}}', '{"capabilities":{"extensions":{}}}'],
    ['{"capabilities":{"extensions":{"io.modelcontextprotocol/Tasks":{}}}}', '{"capabilities":{"extensions":{}}}'],
    ['{"capabilities":{"extensions":{"\\u0061/b":{},"__proto__":{}}}}', '{"capabilities":{"extensions":{}}}'],
    ['{"capabilities":{"ext\\u0065nsions":{"a/b":{}}}}', '{"capabilities":{"ext\\u0065nsions":{}}}'],
    ['{"capabilities":{"extensions":{}}}', '{"capabilities":{"extensions":{}}}'],
    ['{"capabilities":{"tools":{"extensions":{"a/b":{}}}}}', '{"capabilities":{"tools":{"extensions":{"a/b":{}}}}}'],
    ['{"capabilities":{}}', '{"capabilities":{}}'],
  ] as const;
  for (const [result, expected] of rows) assert.equal(edit(result, { grantsExtension }), expected);
});

test('the identifier of an extension is judged as it reads', () => {
  const asked: string[] = [];
  edit('{"capabilities":{"extensions":{"io.modelcontextprotocol/t\\u0061sks":{},"x/y":1}}}', {
    grantsExtension: (id) => asked.push(id) > 0,
  });
  assert.deepEqual(new Set(asked), new Set(['io.modelcontextprotocol/tasks', 'x/y']));
});

const hidesInstructions = (text: string): boolean => text.includes('secret');

test('instructions are hidden by what they say, and when they are no text', () => {
  const rows = [
    ['{"instructions":"use secret","capabilities":{}}', '{"capabilities":{}}'],
    ['{"capabilities":{},"instructions":"use s\\u0065cret"}', '{"capabilities":{}}'],
    ['{"capabilities":{},"instructions":["secret"]}', '{"capabilities":{}}'],
    ['{"capabilities":{},"instructions":"use a"}', '{"capabilities":{},"instructions":"use a"}'],
  ] as const;
  for (const [result, expected] of rows) assert.equal(edit(result, { hidesInstructions }), expected);
});

test('what depends on the caller is private', () => {
  const view = { dependsOnCaller: true, hidesInstructions: () => true };
  assert.equal(edit('{"instructions":"x"}', view), '{"cacheScope":"private"}');
  assert.equal(edit('{"capabilities":{},"cacheScope":"public"}', view), '{"capabilities":{},"cacheScope":"private"}');
  assert.equal(edit('{"capabilities":{},"cacheScope":"public"}', {}), '{"capabilities":{},"cacheScope":"public"}');
});

test('a result that readers could take for another one is a fault', () => {
  for (const result of [
    '{"capabilities":[]}',
    '{"capabilities":null}',
    '{"capabilities":{"extensions":[]}}',
    '{"capabilities":{"extensions":null}}',
    '{"capabilities":{"Extensions":{"a/b":{}}}}',
    '{"capabilities":{},"Capabilities":{"extensions":{"a/b":{}}}}',
    '{"capabilities":{},"In\u017ftructions":"x"}',
    '{"capabilities":{},"resultType":"task"}',
  ])
    assert.equal(edit(result, {}), 'malformed', result);
});

test('an error passes', () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":{"capabilities":[]}}}';
  assert.equal(editJson(makeDiscoverEditor({ ...ALL, grantsExtension: () => false }), error).text, error);
});
