// The methods of revision 2026-07-28 and what each needs; a change here is a change of what the gateway lets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METHODS, SUPPORTED_VERSIONS, toServedMethods } from '../../gateway/mcp/methods.ts';

const TASKS = 'io.modelcontextprotocol/tasks';

interface Pin {
  readonly mirrors?: string;
  readonly read: boolean;
  readonly listens?: true;
  readonly required: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly extension?: string;
}

const LIST: Pin = { read: true, required: [], fields: { cursor: 'string' } };
const NAMED = { name: 'string', arguments: 'object', inputResponses: 'object', requestState: 'string' };

const PINNED: Readonly<Record<string, Pin>> = {
  'server/discover': { read: true, required: [], fields: {} },
  'tools/list': LIST,
  'tools/call': { mirrors: 'name', read: false, required: ['name'], fields: NAMED },
  'resources/list': LIST,
  'resources/templates/list': LIST,
  'resources/read': {
    mirrors: 'uri',
    read: true,
    required: ['uri'],
    fields: { uri: 'string', inputResponses: 'object', requestState: 'string' },
  },
  'prompts/list': LIST,
  'prompts/get': { mirrors: 'name', read: true, required: ['name'], fields: NAMED },
  'completion/complete': {
    read: true,
    required: ['ref', 'argument'],
    fields: { ref: 'object', argument: 'object', context: 'object' },
  },
  'subscriptions/listen': {
    read: false,
    listens: true,
    required: ['notifications'],
    fields: { notifications: 'object' },
  },
  'tasks/get': { mirrors: 'taskId', read: true, required: ['taskId'], fields: { taskId: 'string' }, extension: TASKS },
  'tasks/update': {
    mirrors: 'taskId',
    read: false,
    required: ['taskId'],
    fields: { taskId: 'string', inputResponses: 'object' },
    extension: TASKS,
  },
  'tasks/cancel': {
    mirrors: 'taskId',
    read: false,
    required: ['taskId'],
    fields: { taskId: 'string' },
    extension: TASKS,
  },
};

test('the table holds exactly these methods', () => {
  const table = Object.fromEntries(
    [...METHODS].map(([name, { name: own, listens, ...rest }]) => {
      assert.equal(own, name);
      return [name, { ...rest, ...(listens && { listens }) }];
    }),
  );
  assert.deepEqual(table, PINNED);
});

test('the one version served is 2026-07-28', () => {
  assert.deepEqual(SUPPORTED_VERSIONS, ['2026-07-28']);
});

test('methods of an extension exist only where it is enabled', () => {
  const core = Object.keys(PINNED).filter((name) => !name.startsWith('tasks/'));
  assert.deepEqual([...toServedMethods([])].toSorted(), core.toSorted());
  assert.deepEqual([...toServedMethods(['io.modelcontextprotocol/ui'])].toSorted(), core.toSorted());
  assert.deepEqual([...toServedMethods([TASKS])].toSorted(), Object.keys(PINNED).toSorted());
});
