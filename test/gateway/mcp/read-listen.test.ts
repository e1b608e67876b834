// A listening request is cut to what its caller may hear of, before the server sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../gateway/mcp/edits.ts';
import { cutListenFilter, type ListenRights, readListenFilter } from '../../../gateway/mcp/read-listen.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { toTokens } from './to-tokens.ts';

const ALL: ListenRights = { allowsKind: () => true, showsResource: () => true, allowsTasks: true };
const NONE: ListenRights = { allowsKind: () => false, showsResource: () => false, allowsTasks: false };
const HEAD = '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":';

function cut(filter: string, rights: Partial<ListenRights>): string {
  const body = Buffer.from(`${HEAD}{"_meta":{},"notifications":${filter}}}`);
  const { edits } = cutListenFilter(body, HEAD.length, { ...ALL, ...rights });
  return applyEdits(body, edits).toString().slice(`${HEAD}{"_meta":{},"notifications":`.length, -2);
}

function read(filter: string) {
  const body = Buffer.from(`${HEAD}{"notifications":${filter}}}`);
  const asked = readListenFilter(body, HEAD.length);
  return { ...asked, resources: [...asked.resources] };
}

test('a filter is read as it reads, not as it is spelled', () => {
  assert.deepEqual(
    read(
      '{"toolsListChanged":true,"promptsLi\\u0073tChanged":true,"resourceSubscriptions":["x:\\u002fa","x:b","x:b"]}',
    ),
    {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: false,
      resources: ['x:/a', 'x:b'],
      asksTasks: false,
    },
  );
  assert.deepEqual(read('{"resourcesListChanged":true,"taskIds":["t"],"toolsListChanged":false}'), {
    toolsListChanged: false,
    promptsListChanged: false,
    resourcesListChanged: true,
    resources: [],
    asksTasks: true,
  });
  assert.equal(read('{"taskIds":[]}').asksTasks, false);
});

test('what is not allowed is cut, and all other bytes stay', () => {
  const rows: readonly (readonly [filter: string, rights: Partial<ListenRights>, left: string])[] = [
    [
      '{ "toolsListChanged" : true ,"resourceSubscriptions":[ "x:a" ] }',
      {},
      '{ "toolsListChanged" : true ,"resourceSubscriptions":[ "x:a" ] }',
    ],
    [
      '{"toolsListChanged":true,"promptsListChanged":true}',
      { allowsKind: (kind) => kind === 'prompt' },
      '{"toolsListChanged":false,"promptsListChanged":true}',
    ],
    [
      '{"toolsListChanged":true,"promptsListChanged":false,"resourcesListChanged":true}',
      NONE,
      '{"toolsListChanged":false,"promptsListChanged":false,"resourcesListChanged":false}',
    ],
    [
      '{"resourceSubscriptions":["x:a", "x:b","x:\\u0061"]}',
      { showsResource: (uri) => uri !== 'x:a' },
      '{"resourceSubscriptions":["x:b"]}',
    ],
    ['{"resourceSubscriptions":["x:a"]}', NONE, '{"resourceSubscriptions":[]}'],
    ['{"taskIds":["t"],"toolsListChanged":true}', { allowsTasks: false }, '{"toolsListChanged":true}'],
    ['{"com.example/news":true,"__proto__":{}}', {}, '{}'],
    ['{"x":1,"toolsListChanged":true}', {}, '{"toolsListChanged":true}'],
  ];
  for (const [filter, rights, left] of rows) assert.equal(cut(filter, rights), left, filter);
});

const WRONG: readonly (readonly [filter: string, reason: string])[] = [
  ['[]', 'field_missing'],
  ['null', 'field_missing'],
  ['{"toolsListChanged":"true"}', 'field_type'],
  ['{"toolsListChanged":1}', 'field_type'],
  ['{"promptsListChanged":null}', 'field_type'],
  ['{"resourcesListChanged":{}}', 'field_type'],
  ['{"resourceSubscriptions":"x:a"}', 'subscriptions'],
  ['{"resourceSubscriptions":null}', 'subscriptions'],
  ['{"resourceSubscriptions":[1]}', 'subscriptions'],
  ['{"resourceSubscriptions":["x:a",["x:b"]]}', 'subscriptions'],
  ['{"resourceSubscriptions":[{"x:a":1}]}', 'subscriptions'],
  ['{"taskIds":"t"}', 'subscriptions'],
  ['{"taskIds":[1]}', 'subscriptions'],
  [`{"resourceSubscriptions":[${Array.from({ length: 1001 }, () => '"a"').join(',')}]}`, 'subscriptions'],
  [`{"resourceSubscriptions":["${'x'.repeat(64 * 1024)}"]}`, 'subscriptions'],
];

test('a filter with a field of the wrong type is refused', () => {
  for (const [filter, reason] of WRONG) {
    assert.throws(
      () => cut(filter, {}),
      (thrown) => thrown instanceof Refusal && thrown.kind === 'bad_params' && thrown.detail.reason === reason,
      filter.slice(0, 80),
    );
  }
  const many = `{"resourceSubscriptions":[${Array.from({ length: 1000 }, (_, i) => `"x:${i}"`).join(',')}]}`;
  assert.equal(read(many).resources.length, 1000);
});

test('what is left is what was asked for and allowed, whatever that is', () => {
  const uri = fc.constantFrom('x:a', 'x:b', 'x:c', 'x:"é');
  const filter = fc.record(
    {
      toolsListChanged: fc.boolean(),
      promptsListChanged: fc.boolean(),
      resourcesListChanged: fc.boolean(),
      resourceSubscriptions: fc.array(uri, { maxLength: 5 }),
      taskIds: fc.array(fc.constant('t'), { maxLength: 2 }),
      unknown: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const allowed = fc.record({
    kinds: fc.subarray(['tool', 'prompt', 'resource']),
    uris: fc.subarray(['x:a', 'x:b', 'x:"é']),
    tasks: fc.boolean(),
  });
  fc.assert(
    fc.property(filter, allowed, fc.constantFrom(undefined, 1), (asked, { kinds, uris, tasks }, indent) => {
      const { taskIds, unknown: _, resourceSubscriptions, ...flags } = asked;
      const fields = [
        ['toolsListChanged', 'tool'],
        ['promptsListChanged', 'prompt'],
        ['resourcesListChanged', 'resource'],
      ] as const;
      const expected: Record<string, unknown> = { ...flags };
      for (const [field, kind] of fields) if (flags[field] === true) expected[field] = kinds.includes(kind);
      if (resourceSubscriptions !== undefined)
        expected['resourceSubscriptions'] = resourceSubscriptions.filter((one) => uris.includes(one));
      if (taskIds !== undefined && tasks) expected['taskIds'] = taskIds;
      const rights: ListenRights = {
        allowsKind: (kind) => kinds.includes(kind),
        showsResource: (one) => uris.includes(one),
        allowsTasks: tasks,
      };
      const left = cut(JSON.stringify(asked, undefined, indent), rights);
      assert.deepEqual(JSON.parse(left), expected);
      assert.equal(toTokens(cut(left, rights)), toTokens(left), 'cutting again changes nothing');
    }),
    { numRuns: 1500 },
  );
});
