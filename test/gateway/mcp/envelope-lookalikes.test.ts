// A member whose name differs from a field of the protocol only by case is refused, wherever such fields stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, judgeDraft, makeDraft, remove, replace } from './make-request.ts';

const LOOKALIKE = 'not_a_request: lookalike';

const TOP = ['ID', 'Id', 'Method', 'METHOD', 'methoD', 'JSONRPC', 'JsonRpc', 'Params', 'param\u017f', 'PARAM\u017f'];
const PARAMS = [
  'Name',
  'NAME',
  'Uri',
  'URI',
  'taskid',
  'ta\u017fkId',
  'tas\u212aId',
  '_Meta',
  '_META',
  'Cursor',
  'Arguments',
  'argument\u017f',
  'RequestState',
  'reque\u017ftState',
  'inputresponses',
  'Ref',
  'Argument',
  'Context',
  'notification\u017f',
];
const META = [
  'io.modelcontextprotocol/ProtocolVersion',
  'IO.MODELCONTEXTPROTOCOL/PROTOCOLVERSION',
  'io.modelcontextprotocol/protocolVer\u017fion',
  'io.modelcontextprotocol/clientcapabilities',
  'io.modelcontextprotocol/ClientInfo',
  'io.modelcontextprotocol/LogLevel',
  'ProgressToken',
  'progressTo\u212aen',
  'Traceparent',
  'TraceState',
  'BAGGAGE',
];

/** Spells a name with its first letter escaped. */
function toEscaped(name: string): string {
  return `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`;
}

const PLACES: readonly (readonly [place: string, names: readonly string[], find: (draft: Draft) => Draft['top']])[] = [
  ['the top level', TOP, (draft) => draft.top],
  ['params', PARAMS, (draft) => draft.params],
  ['_meta', META, (draft) => draft.meta],
];

for (const [place, names, find] of PLACES) {
  test(`lookalikes at ${place} are refused, before and behind the field, plain and escaped`, () => {
    for (const name of names) {
      for (const spelled of [name, toEscaped(name)]) {
        for (const add of ['push', 'unshift'] as const) {
          const draft = makeDraft();
          find(draft)[add]([spelled, '"x"']);
          assert.equal(judgeDraft(draft), LOOKALIKE, spelled);
        }
      }
    }
  });
}

const INNER: readonly (readonly [
  method: string,
  field: string,
  value: (name: string) => string,
  names: readonly string[],
])[] = [
  [
    'completion/complete',
    'ref',
    (name) => `{"type":"ref/prompt","${name}":"x","name":"y"}`,
    ['Name', 'NAME', 'Uri', 'Type'],
  ],
  ['completion/complete', 'argument', (name) => `{"${name}":"x","name":"y","value":""}`, ['Name', 'Value', 'VALUE']],
  [
    'subscriptions/listen',
    'notifications',
    (name) => `{"${name}":true}`,
    ['ToolsListChanged', 'tool\u017fListChanged', 'tas\u212aIds', 'ResourceSubscriptions'],
  ],
];

test('lookalikes inside ref, argument and notifications are refused', () => {
  for (const [method, field, value, names] of INNER) {
    for (const name of names) {
      const draft = makeDraft(method);
      replace(draft.params, field, value(name));
      assert.equal(judgeDraft(draft), LOOKALIKE, `${field}.${name}`);
    }
  }
  const draft = makeDraft('completion/complete');
  draft.params.push(['context', '{"Arguments":{}}']);
  assert.equal(judgeDraft(draft), LOOKALIKE);
});

test('a lookalike does not stand in for the field it resembles', () => {
  const draft = makeDraft();
  remove(draft.top, 'id');
  draft.top.push(['ID', '1']);
  assert.equal(judgeDraft(draft), LOOKALIKE);
  const renamed = makeDraft();
  remove(renamed.params, 'name');
  renamed.params.push(['Name', '"weather"']);
  assert.equal(judgeDraft(renamed), LOOKALIKE);
});

test('a lookalike is not a request, even where another member has the wrong type before it', () => {
  const draft = makeDraft();
  replace(draft.params, 'name', '1');
  draft.params.push(['Name', '"other"']);
  assert.equal(judgeDraft(draft), LOOKALIKE);
  const inMeta = makeDraft();
  replace(inMeta.params, 'name', '1');
  inMeta.meta.push(['ProgressToken', '1']);
  assert.equal(judgeDraft(inMeta), LOOKALIKE);
});

test('arguments belong to the tool: any name may stand there', () => {
  const draft = makeDraft();
  replace(draft.params, 'arguments', '{"Name":1,"ID":2,"_META":3,"Params":{"Method":1},"ta\u017fkId":1}');
  assert.equal(judgeDraft(draft), 'accepted');
});

test('names that resemble a field in another way are let through', () => {
  const draft = makeDraft();
  draft.params.push(['task_id', '1'], ['names', '1'], [' name', '1'], ['meta', '1']);
  draft.meta.push(['protocolVersion', '1'], ['example.com/progressToken', '1'], ['io.modelcontextprotocol/x', '1']);
  assert.equal(judgeDraft(draft), 'accepted');
});
