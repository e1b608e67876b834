// A list shows what its caller may use and nothing else, and stays the list it was otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ListKind, type ListView, makeListEditor } from '../../../gateway/response/list-editor.ts';
import { editJson, editStream, toEvent, toMessages } from './edit-answer.ts';

const ALL: ListView = { list: 'tools', shows: () => true, dependsOnCaller: false, keepsUi: true };
const wrap = (result: string): string => `{"jsonrpc":"2.0","id":1,"result":${result}}`;

function edit(result: string, view: Partial<ListView>): string {
  const { fault, text } = editJson(makeListEditor({ ...ALL, ...view }), wrap(result));
  return fault ?? text.slice('{"jsonrpc":"2.0","id":1,"result":'.length, -1);
}

const shows = (name: string): boolean => !name.includes('secret');

test('what is not shown goes; order, cursor and all other bytes stay', () => {
  const result =
    '{ "tools":[ {"name":"a","x":1e400} , {"name":"secret","title":"t"},{"name":"b"}],\n"nextCursor":"c","ttlMs":5 }';
  assert.equal(
    edit(result, { shows }),
    '{ "tools":[ {"name":"a","x":1e400} , {"name":"b"}],\n"nextCursor":"c","ttlMs":5 }',
  );
});

test('a list of which everything is shown is the very message that came', () => {
  const editor = makeListEditor({ ...ALL, dependsOnCaller: true });
  const message = Buffer.from(wrap('{"tools":[{"name":"a"}],"cacheScope":"p\\u0072ivate"}'));
  assert.equal(editor.edit(message, 'result'), message);
});

test('an empty page keeps its cursor', () => {
  const result = '{"tools":[{"name":"secret1"},{"name":"secret2"}],"nextCursor":"c"}';
  assert.equal(edit(result, { shows }), '{"tools":[],"nextCursor":"c"}');
});

test('each list is judged by what rules name its items by', () => {
  const rows: readonly (readonly [list: ListKind, items: string, left: string])[] = [
    ['tools', '{"name":"a"},{"name":"secret"}', '{"name":"a"}'],
    ['prompts', '{"name":"a","uri":"secret"},{"name":"secret"}', '{"name":"a","uri":"secret"}'],
    ['resources', '{"name":"secret","uri":"x:a"},{"name":"a","uri":"x:secret"}', '{"name":"secret","uri":"x:a"}'],
    ['resourceTemplates', '{"uriTemplate":"x:{a}"},{"uriTemplate":"x:secret{a}"}', '{"uriTemplate":"x:{a}"}'],
  ];
  for (const [list, items, left] of rows)
    assert.equal(edit(`{"${list}":[${items}]}`, { list, shows }), `{"${list}":[${left}]}`);
});

test('an item without a name that all readers would read is not listed', () => {
  const items = [
    '{}',
    '{"title":"secret"}',
    '{"name":1}',
    '{"name":null}',
    '{"name":["a"]}',
    '{"name":{"name":"a"}}',
    '[{"name":"a"}]',
    '"a"',
    'null',
    '7',
    '{"name":"a","Name":"secret"}',
    '{"NAME":"secret","name":"a"}',
    '{"Name":"a"}',
    '{"name":"a","_Meta":{"x":1}}',
  ];
  for (const item of items)
    assert.equal(edit(`{"tools":[${item},{"name":"b"}]}`, {}), '{"tools":[{"name":"b"}]}', item);
});

test('a name is judged as it reads, not as it is spelled', () => {
  const asked: string[] = [];
  const view = { shows: (name: string) => asked.push(name) > 0 && name !== 'get' };
  const result = '{"tools":[{"\\u006eame":"\\u0067et"},{"name":"g\\u0065t"},{"name":"get "},{"name":"constructor"}]}';
  assert.equal(edit(result, view), '{"tools":[{"name":"get "},{"name":"constructor"}]}');
  assert.deepEqual(asked, ['get', 'get', 'get ', 'constructor']);
});

test('a name with half a character is no JSON that two readers would read alike', () => {
  assert.equal(edit('{"tools":[{"name":"\\ud800"}]}', {}), 'malformed');
});

const NOT_A_LIST = [
  '{"tools":{}}',
  '{"tools":null}',
  '{"tools":"[]"}',
  '{"prompts":[]}',
  '{"Tools":[{"name":"secret"}]}',
  '{"tools":[],"Tools":[{"name":"secret"}]}',
  '{"tool\u017f":[{"name":"secret"}],"tools":[]}',
  '{"tools":[],"CacheScope":"public"}',
  '{"tools":[],"NextCursor":"c"}',
  '{"tools":[],"resultType":"input_required"}',
  '{"tools":[],"resultType":"task"}',
  '{"tools":[],"resultType":null}',
];

test('an answer without its list shows nothing, and passes', () => {
  const hiding = makeListEditor({ ...ALL, shows: () => false });
  assert.equal(editJson(hiding, wrap('{}')).fault, undefined);
});

test('a result that is no list for all readers is a fault, and nothing of it is sent', () => {
  for (const result of NOT_A_LIST) {
    assert.deepEqual(editJson(makeListEditor(ALL), wrap(result)), { fault: 'malformed', text: '', calls: [] }, result);
    const streamed = editStream(makeListEditor(ALL), toEvent(wrap(result)));
    assert.deepEqual(streamed, { fault: 'malformed', text: '', calls: [] }, result);
  }
  const twice = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]},"Result":{"tools":[{"name":"secret"}]}}';
  assert.equal(editJson(makeListEditor(ALL), twice).fault, 'malformed');
});

test('errors and notifications pass as they came', () => {
  const editor = makeListEditor({ ...ALL, shows: () => false, dependsOnCaller: true });
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"x","data":{"tools":[{"name":"a"}]}}}';
  assert.equal(editJson(editor, error, [], 400).text, error);
  const note = toEvent('{"jsonrpc":"2.0","method":"notifications/progress","params":{"tools":[]}}');
  assert.equal(editStream(editor, note + toEvent(error)).text, note + toEvent(error));
});

test('a list that depends on its caller is private, whatever it said', () => {
  const view = { dependsOnCaller: true };
  const rows = [
    ['{"tools":[],"cacheScope":"public"}', '{"tools":[],"cacheScope":"private"}'],
    ['{"cacheScope":"private","tools":[]}', '{"cacheScope":"private","tools":[]}'],
    ['{"tools":[]}', '{"cacheScope":"private","tools":[]}'],
    ['{ "tools":[]}', '{"cacheScope":"private", "tools":[]}'],
    ['{"cacheScope":1,"tools":[]}', '{"cacheScope":"private","tools":[]}'],
    ['{"cacheScope":{"cacheScope":"private"},"tools":[]}', '{"cacheScope":"private","tools":[]}'],
    ['{"tools":[],"cacheScope":["private"]}', '{"tools":[],"cacheScope":"private"}'],
    ['{"tools":[],"cacheScope" : null , "x":1}', '{"tools":[],"cacheScope" : "private" , "x":1}'],
    [
      '{"tools":[],"_meta":{"cacheScope":"private"}}',
      '{"cacheScope":"private","tools":[],"_meta":{"cacheScope":"private"}}',
    ],
  ] as const;
  for (const [result, expected] of rows) assert.equal(edit(result, view), expected);
});

test('a list that is the same for everyone keeps its scope', () => {
  for (const result of ['{"tools":[],"cacheScope":"public"}', '{"tools":[]}']) assert.equal(edit(result, {}), result);
});

const isGood = (_name: string, tool: Buffer): boolean => !tool.includes('bad');

test('items of one name are all judged alike', () => {
  const items = '{"name":"a"},{"name":"b","bad":1},{"name":"c"},{"name":"b"}';
  assert.equal(
    edit(`{"tools":[${items}]}`, { shows: (name) => name !== 'b' }),
    '{"tools":[{"name":"a"},{"name":"c"}]}',
  );
  assert.equal(edit(`{"tools":[${items}]}`, { inspectTool: isGood }), '{"tools":[{"name":"a"},{"name":"c"}]}');
});

test('every tool with a name is inspected, shown or not, and one that no client could use is not listed', () => {
  const inspected: [string, string][] = [];
  const inspectTool = (name: string, tool: Buffer): boolean => {
    inspected.push([name, tool.toString()]);
    return name !== 'bad';
  };
  const result = '{"tools":[{"name":"secret"}, {"name":"bad"} ,{"name":"a", "x":1},{"x":1}]}';
  assert.equal(edit(result, { shows, inspectTool }), '{"tools":[{"name":"a", "x":1}]}');
  assert.deepEqual(inspected, [
    ['secret', '{"name":"secret"}'],
    ['bad', '{"name":"bad"}'],
    ['a', '{"name":"a", "x":1}'],
  ]);
});

test('without the Apps extension a tool says nothing of its user interface', () => {
  const rows = [
    ['{"name":"a","_meta":{"ui":{"resourceUri":"ui://x"},"k":1}}', '{"name":"a","_meta":{"k":1}}'],
    ['{"name":"a","_meta":{"k":1,"ui/resourceUri":"ui://x"}}', '{"name":"a","_meta":{"k":1}}'],
    ['{"_meta":{"u\\u0069":{},"ui/resourceUri":"ui://x"},"name":"a"}', '{"_meta":{},"name":"a"}'],
    ['{"name":"a","_meta":{"ui":{"visibility":["model","app"]}}}', '{"name":"a","_meta":{}}'],
    ['{"name":"a","_meta":{"ui":7}}', '{"name":"a","_meta":{}}'],
    ['{"name":"a","_meta":{"UI":{"resourceUri":"ui://x"},"k":1,"ui/ResourceUri":""}}', '{"name":"a","_meta":{"k":1}}'],
    ['{"name":"a","_meta":7}', '{"name":"a","_meta":7}'],
    ['{"name":"a","ui":1,"x":{"ui":1}}', '{"name":"a","ui":1,"x":{"ui":1}}'],
  ] as const;
  for (const [tool, expected] of rows) {
    assert.equal(edit(`{"tools":[${tool}]}`, { keepsUi: false }), `{"tools":[${expected}]}`);
    assert.equal(edit(`{"tools":[${tool}]}`, {}), `{"tools":[${tool}]}`);
  }
});

test('without the Apps extension a tool that is for apps alone is not listed', () => {
  for (const visibility of ['["app"]', '[]', '["Model"]', '[["model"]]']) {
    const tool = `{"name":"a","_meta":{"ui":{"visibility":${visibility}}}}`;
    assert.equal(edit(`{"tools":[${tool}]}`, { keepsUi: false }), '{"tools":[]}');
    assert.equal(edit(`{"tools":[${tool}]}`, {}), `{"tools":[${tool}]}`);
  }
  const both = '{"name":"a","_meta":{"ui":{"visibility":["app"]},"UI":{"visibility":["model"]}}}';
  assert.equal(edit(`{"tools":[${both}]}`, { keepsUi: false }), '{"tools":[]}');
});

const toResources = (list: string, key: string) =>
  `{"${list}":[{"${key}":"ui://a"},{"${key}":"UI://b"},{"${key}":"\\u0075i:c"},{"${key}":"x://ui:"}]}`;

test('without the Apps extension its resources are not listed', () => {
  for (const [list, key] of [
    ['resources', 'uri'],
    ['resourceTemplates', 'uriTemplate'],
  ] as const) {
    assert.equal(edit(toResources(list, key), { list, keepsUi: false }), `{"${list}":[{"${key}":"x://ui:"}]}`);
    assert.equal(
      edit(toResources(list, key), { list, shows: (uri) => uri === 'ui://a' }),
      `{"${list}":[{"${key}":"ui://a"}]}`,
    );
  }
});

test('what the protocol does not define goes where it names what was taken out', () => {
  const result =
    '{"tools":[{"name":"secret"},{"name":"a"}],"all":["a","s\\u0065cret"],"some":["a"],' +
    '"_meta":{"x":{"secret":1},"y":"a","io.modelcontextprotocol/serverInfo":{"name":"secret"}}}';
  assert.equal(
    edit(result, { shows }),
    '{"tools":[{"name":"a"}],"some":["a"],"_meta":{"y":"a","io.modelcontextprotocol/serverInfo":{"name":"secret"}}}',
  );
});

test('a list in an event is rebuilt with the rest of its event', () => {
  const event = `: hello\nid: 4\nevent: message\ndata: {"jsonrpc":"2.0","id":1,\ndata: "result":{"tools":[{"name":"secret"}]}}\n\n`;
  const { text } = editStream(makeListEditor({ ...ALL, shows }), event);
  assert.equal(
    text,
    ': hello\nid: 4\nevent: message\ndata: {"jsonrpc":"2.0","id":1,\ndata: "result":{"tools":[]}}\n\n',
  );
  assert.deepEqual(toMessages(text), [{ jsonrpc: '2.0', id: 1, result: { tools: [] } }]);
});
