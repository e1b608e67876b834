// A listening stream tells its caller of what it asked for and may hear of, behind an acknowledgement that says no more than that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type ListenView, makeListenEditor } from '../../../gateway/response/listen-editor.ts';
import { cuts } from '../mcp/cut-bytes.ts';
import { editStream, toEvent } from './edit-answer.ts';

const ID = '"io.modelcontextprotocol/subscriptionId"';
const META = `"_meta":{${ID}:1}`;
const note = (method: string, params = META): string =>
  toEvent(`{"jsonrpc":"2.0","method":"notifications/${method}","params":{${params}}}`);
const ack = (filter: string, meta = META): string =>
  note('subscriptions/acknowledged', `${meta},"notifications":${filter}`);
const updated = (uri: string): string => note('resources/updated', `${META},"uri":${JSON.stringify(uri)}`);
const DONE = toEvent(`{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete",${META}}}`);

const NOTHING = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resources: new Set<string>(),
  asksTasks: false,
};
const EVERYTHING = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resources: new Set(['x://a']),
  asksTasks: true,
};
const ALL: ListenView = { id: 1, asked: EVERYTHING, allowsKind: () => true, showsResource: () => true, tasks: [] };

function listen(view: Partial<ListenView>, ...events: readonly string[]): string {
  const { fault, text } = editStream(makeListenEditor({ ...ALL, ...view }), [...events, DONE].join(''));
  if (fault !== undefined) return fault;
  assert.ok(text.endsWith(DONE));
  return text.slice(0, -DONE.length);
}

test('the acknowledgement is cut to what was asked', () => {
  const rows = [
    ['{"toolsListChanged":true}', NOTHING, '{}'],
    ['{"toolsListChanged":true}', EVERYTHING, '{"toolsListChanged":true}'],
    ['{"toolsListChanged":false,"promptsListChanged":1}', NOTHING, '{"toolsListChanged":false}'],
    ['{"promptsListChanged":true,"resourcesListChanged":true}', NOTHING, '{}'],
    ['{"ToolsListChanged":true,"x":1}', EVERYTHING, '{}'],
    ['{"tool\\u0073ListChanged":true}', { ...NOTHING, toolsListChanged: true }, '{"tool\\u0073ListChanged":true}'],
    [
      '{"resourceSubscriptions":["x://a","x://b", "x:\\u002f/a"]}',
      EVERYTHING,
      '{"resourceSubscriptions":["x://a","x:\\u002f/a"]}',
    ],
    ['{"resourceSubscriptions":["x://a"]}', NOTHING, '{"resourceSubscriptions":[]}'],
    ['{"resourceSubscriptions":[["x://a"],1,{"x://a":1}]}', EVERYTHING, '{"resourceSubscriptions":[]}'],
    ['{"resourceSubscriptions":"x://a"}', EVERYTHING, '{}'],
    ['{"taskIds":["t"]}', EVERYTHING, '{"taskIds":[]}'],
    ['{"taskIds":"t"}', EVERYTHING, '{}'],
    ['{"taskIds":["t"]}', NOTHING, '{}'],
  ] as const;
  for (const [filter, asked, expected] of rows) assert.equal(listen({ asked }, ack(filter)), ack(expected), filter);
});

test('an acknowledgement of the wrong shape is a fault, and opens no answer', () => {
  for (const params of [META, `${META},"notifications":[]`, `${META},"notifications":null`]) {
    const { fault, calls } = editStream(makeListenEditor(ALL), note('subscriptions/acknowledged', params));
    assert.deepEqual([fault, calls], ['malformed', []]);
  }
});

test('before the acknowledgement nothing passes', () => {
  const early = [note('tools/list_changed'), updated('x://a'), note('message'), note('progress'), note('tasks')];
  assert.equal(listen({}, ...early, ack('{}'), early[0] as string), ack('{}') + (early[0] as string));
  const { calls } = editStream(makeListenEditor(ALL), early.join(''));
  assert.deepEqual(calls, [], 'what is left out does not open the answer');
});

test('a second acknowledgement is left out', () => {
  assert.equal(listen({}, ack('{}'), ack('{"toolsListChanged":true}')), ack('{}'));
});

test('a change is told when it was asked for and allowed', () => {
  const kinds = [
    ['tools', 'tool', 'toolsListChanged'],
    ['prompts', 'prompt', 'promptsListChanged'],
    ['resources', 'resource', 'resourcesListChanged'],
  ] as const;
  for (const [list, kind, field] of kinds) {
    const event = note(`${list}/list_changed`);
    assert.equal(listen({}, ack('{}'), event), ack('{}') + event);
    assert.equal(listen({ asked: { ...EVERYTHING, [field]: false } }, ack('{}'), event), ack('{}'));
    assert.equal(listen({ asked: { ...NOTHING, [field]: true } }, ack('{}'), event), ack('{}') + event);
    assert.equal(listen({ allowsKind: (asked) => asked !== kind }, ack('{}'), event), ack('{}'));
  }
});

const showsBelowA = (uri: string): boolean => uri.startsWith('x://a');

test('an update is told of what rules show now, also below what was asked', () => {
  const events = [updated('x://a'), updated('x://a/b'), updated('x://b'), updated('')];
  assert.equal(
    listen({ showsResource: showsBelowA }, ack('{}'), ...events),
    ack('{}') + updated('x://a') + updated('x://a/b'),
  );
  assert.equal(listen({ asked: NOTHING }, ack('{}'), ...events), ack('{}'));
  let shown = true;
  const fickle = makeListenEditor({ ...ALL, showsResource: () => shown });
  const message = Buffer.from(updated('x://a').slice(6).trim());
  fickle.edit(Buffer.from(ack('{}').slice(6).trim()), 'notification');
  assert.equal(fickle.edit(message, 'notification'), message);
  shown = false;
  assert.equal(fickle.edit(message, 'notification'), undefined);
});

test('a URI that is none, or that readers could see differently, is not told', () => {
  for (const params of ['', '"uri":1', '"uri":["x://a"]', '"uri":null', '"uri":"x://a","URI":"x://b"', '"Uri":"x://a"'])
    assert.equal(
      listen({}, ack('{}'), note('resources/updated', `${META}${params && ','}${params}`)),
      ack('{}'),
      params,
    );
});

test('what carries another subscription id, or none, is left out', () => {
  for (const id of ['2', '"1"', '1.5', 'null', '[1]', '{"1":1}', '"\\u0031"', 'true']) {
    const event = note('tools/list_changed', `"_meta":{${ID}:${id}}`);
    assert.equal(listen({}, ack('{}', `"_meta":{${ID}:${id}}`), ack('{}'), event), ack('{}'), id);
  }
  for (const params of ['', '"_meta":{}', '"_meta":[]', `"_Meta":{${ID}:1}`, `"_meta":{${ID}:1,${ID.toUpperCase()}:2}`])
    assert.equal(listen({}, ack('{}'), note('tools/list_changed', params)), ack('{}'), params);
  const byText = { id: 'é"', asked: EVERYTHING };
  const event = note('tools/list_changed', `"_meta":{"io.modelcontextprotocol\\/subscription\\u0049d":"\\u00e9\\""}`);
  const ackByText = ack('{}', `"_meta":{${ID}:"é\\""}`);
  assert.equal(listen(byText, ackByText, event), ackByText + event);
});

test('progress and log messages need no subscription id, but not another one', () => {
  for (const method of ['progress', 'message']) {
    assert.equal(listen({}, ack('{}'), note(method, '"x":1')), ack('{}') + note(method, '"x":1'));
    assert.equal(listen({}, ack('{}'), note(method, `"_meta":{${ID}:2}`)), ack('{}'));
  }
});

test('a task is told of by the id its client knows, when it was asked for', () => {
  const statuses: string[] = [];
  const tasks = [{ upstreamId: 't"1', clientId: 'sealed"1', onStatus: (status: string) => void statuses.push(status) }];
  const tell = (id: string, meta = META) => note('tasks', `${meta},"taskId":${id},"status":"working"`);
  const begun = ack('{"taskIds":["sealed\\"1"]}');
  assert.equal(
    listen({ tasks }, ack('{"taskIds":["t\\"1","t2",1,["t\\"1"]]}'), tell('"t\\u00221"'), tell('"t2"'), tell('1')),
    begun + tell('"sealed\\"1"'),
  );
  assert.deepEqual(statuses, ['working']);
  const first = ack('{"taskIds":["t\\"1"]}');
  const foreign = tell('"t\\"1"', `"_meta":{${ID}:2}`);
  const doubtful = note('tasks', `${META},"taskId":"t\\"1","TaskId":"t2"`);
  assert.equal(listen({ tasks }, first, foreign, doubtful, note('tasks')), begun);
  assert.equal(listen({ tasks, asked: NOTHING }, first, tell('"t\\"1"')), ack('{}'));
  assert.equal(listen({ tasks }, tell('"t\\"1"'), first), begun);
  assert.deepEqual(statuses, ['working'], 'what is left out changes nothing');
});

test('a method that no such stream has, or that only looks like one, is left out', () => {
  for (const method of [
    'cancelled',
    'x',
    'tools/list_changed ',
    'Tools/list_changed',
    'elicitation/complete',
    'roots/list_changed',
  ])
    assert.equal(listen({}, ack('{}'), note(method)), ack('{}'), method);
  const twice = toEvent(`{"jsonrpc":"2.0","method":"notifications/message","Method":"x","params":{${META}}}`);
  assert.equal(listen({}, ack('{}'), twice), ack('{}'));
});

test('comments pass at any time, and an event that is left out takes its own along', () => {
  const event = `id: 1\n: about secret\n${updated('x://b')}`;
  assert.equal(
    listen({ showsResource: () => false }, ': alive\n', ack('{}'), event, ': alive\n'),
    `: alive\n${ack('{}')}: alive\n`,
  );
});

const showsOnlyA = (uri: string): boolean => uri === 'x://a';

/** The line feed of a CR LF at the end of an event may travel with the next one. */
const normal = (stream: string) =>
  stream
    .replaceAll(/\r\n|\r/g, '\n')
    .replaceAll(/\n+/g, '\n')
    .replace(/^\n/, '');

test('wherever the network cuts a stream, the same events are let through, byte for byte', () => {
  const events = fc.array(
    fc.constantFrom(
      ack('{"toolsListChanged":true,"x":1}'),
      updated('x://a'),
      updated('x://b'),
      note('x'),
      ': c\n',
      note('progress'),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(events, cuts, fc.constantFrom('\n', '\r\n', '\r'), (list, at, lineEnd) => {
      let begun = false;
      const expected = list.filter((event) => {
        if (event.startsWith(':')) return true;
        if (event.includes('acknowledged')) return !begun && (begun = true);
        return begun && (event === updated('x://a') || event.includes('progress'));
      });
      const write = (parts: readonly string[]) => [...parts, DONE].join('').replaceAll('\n', lineEnd);
      const { text } = editStream(makeListenEditor({ ...ALL, showsResource: showsOnlyA }), write(list), at);
      assert.equal(normal(text), normal(write(expected).replaceAll(',"x":1', '')));
    }),
    { numRuns: 800 },
  );
});
