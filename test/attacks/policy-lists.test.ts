// The attacker reads lists for names it may not see: on a later page, in an event stream, in what stands beside the list, in a
// cache shared with others, in the instructions of the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawAnswer } from '../support/mcp-request.ts';
import { type LibraryOptions, RESOURCES, TOOLS } from '../through/policy/support/library.ts';
import { startRuledGateway } from '../through/policy/support/ruled-gateway.ts';
import { until } from '../through/support/until.ts';

const RULES = [
  {
    id: 'readers',
    allow: { tools: ['read_*'], prompts: ['open_*'], resources: ['files://open/**'] },
    to: { groups: ['readers'] },
  },
  { id: 'admins', allow: { tools: ['*'], prompts: ['*'], resources: ['files://**'] }, to: { groups: ['admins'] } },
];
const READER = { groups: ['readers'] };
const ADMIN = { groups: ['admins'] };

const LISTS: readonly [
  method: string,
  member: string,
  key: string,
  shown: readonly string[],
  all: readonly string[],
][] = [
  ['tools/list', 'tools', 'name', ['read_a', 'read_b'], TOOLS],
  ['prompts/list', 'prompts', 'name', ['open_prompt'], ['open_prompt', 'secret_prompt']],
  ['resources/list', 'resources', 'uri', ['files://open/a', 'files://open/c'], RESOURCES],
  [
    'resources/templates/list',
    'resourceTemplates',
    'uriTemplate',
    ['files://open/{id}'],
    ['files://open/{id}', 'files://secret/{id}'],
  ],
];

type Result = Readonly<Record<string, unknown>> & { readonly nextCursor?: string; readonly cacheScope?: string };

function toResult({ status, text }: RawAnswer): Result {
  assert.equal(status, 200, text);
  const json = text.startsWith('{') ? text : text.slice(text.indexOf('data: ') + 6);
  return (JSON.parse(json) as { result: Result }).result;
}

const toNames = (result: Result, member: string, key: string): unknown[] =>
  (result[member] as Record<string, unknown>[]).map((item) => item[key]);

for (const media of ['json', 'events'] as const) {
  test(`each caller sees its own part of each list, page by page, in ${media}`, async (t) => {
    for (const pageSize of [1, 2, 100]) {
      const { makeCaller } = await startRuledGateway(t, { rules: RULES, library: { media, pageSize } });
      for (const [claims, isAdmin] of [
        [READER, false],
        [ADMIN, true],
      ] as const) {
        const caller = await makeCaller(claims);
        for (const [method, member, key, shown, all] of LISTS) {
          const names: unknown[] = [];
          let cursor: string | undefined;
          do {
            const answer = await caller.ask(method, cursor === undefined ? {} : { cursor });
            if (!isAdmin) assert.doesNotMatch(answer.text, /secret|write/);
            const result = toResult(answer);
            assert.equal(result.cacheScope, 'private');
            names.push(...toNames(result, member, key));
            cursor = result.nextCursor;
          } while (cursor !== undefined);
          assert.deepEqual(names, isAdmin ? all : shown, method);
        }
      }
    }
  });
}

test('a list is private however the server marks it, and so is a discovery', async (t) => {
  for (const extra of [
    {},
    { cacheScope: 'public' },
    { cacheScope: undefined },
    { cacheScope: 'PRIVATE' },
    { cacheScope: 7 },
  ]) {
    const discovery = { resultType: 'complete', supportedVersions: [], capabilities: {}, serverInfo: {}, ...extra };
    const { makeCaller } = await startRuledGateway(t, {
      rules: RULES,
      library: { extra, results: { 'server/discover': discovery } },
    });
    const caller = await makeCaller(READER);
    for (const [method] of [...LISTS, ['server/discover'] as const]) {
      const { text } = await caller.ask(method);
      assert.equal(text.split('cacheScope').length, 2);
      assert.match(text, /"cacheScope":"private"/);
    }
  }
});

test('a list that names a tool beside itself loses what names it, and keeps the rest', async (t) => {
  const extra = {
    _meta: {
      'com.example/hot': ['secret_tool'],
      'com.example/nested': { deep: [{ secret_tool: 1 }] },
      'com.example/ok': ['read_a'],
      'io.modelcontextprotocol/serverInfo': { name: 'x', version: '1' },
    },
    featured: 'secret_tool',
    secret_tool: true,
    total: 4,
  };
  const { makeCaller } = await startRuledGateway(t, { rules: RULES, library: { extra } });
  const { text } = await (await makeCaller(READER)).ask('tools/list');
  assert.doesNotMatch(text, /secret/);
  const { _meta, total } = JSON.parse(text).result;
  assert.deepEqual(_meta, {
    'com.example/ok': ['read_a'],
    'io.modelcontextprotocol/serverInfo': { name: 'x', version: '1' },
  });
  assert.equal(total, 4);
  assert.match((await (await makeCaller(ADMIN)).ask('tools/list')).text, /"featured":"secret_tool"/);
});

test('items without a name, with two, or with one in another case are nobody’s', async (t) => {
  const tools = [
    { name: 'read_a' },
    { name: 'secret_tool', title: 'x' },
    { Name: 'secret_tool', name: 'read_b' },
    { NAME: 'secret_tool' },
    { name: ['secret_tool'] },
    { title: 'secret_tool' },
    'secret_tool',
    null,
    [{ name: 'secret_tool' }],
  ];
  const results = { 'tools/list': { resultType: 'complete', tools } };
  const { makeCaller } = await startRuledGateway(t, {
    rules: RULES,
    library: { results },
    upstream: { paramHeaders: 'forward' },
  });
  const { text } = await (await makeCaller(READER)).ask('tools/list');
  assert.deepEqual(JSON.parse(text).result.tools, [{ name: 'read_a' }]);
});

test('a list that is no list for every reader is not passed on', async (t) => {
  for (const list of [
    { resultType: 'complete', tools: [], Tools: [{ name: 'secret_tool' }] },
    { resultType: 'complete', tools: { 0: { name: 'secret_tool' } } },
    { resultType: 'task', tools: [{ name: 'read_a' }], taskId: 't' },
    { resultType: 'input_required', tools: [], requestState: 'secret' },
  ]) {
    const options = { library: { results: { 'tools/list': list } }, upstream: { paramHeaders: 'forward' } };
    const { makeCaller } = await startRuledGateway(t, { rules: RULES, ...options });
    const { status, text } = await (await makeCaller(READER)).ask('tools/list');
    assert.deepEqual([status, JSON.parse(text).error.data], [502, { reason: 'upstream_failed' }]);
    assert.doesNotMatch(text, /secret/);
  }
});

const discover = (instructions: unknown): LibraryOptions => ({
  results: {
    'server/discover': {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      instructions,
      serverInfo: { name: 'x', version: '1' },
    },
  },
});

test('instructions that name what the caller may not use are not shown to it', async (t) => {
  for (const instructions of [
    'Call secret_tool first.',
    'Ask for `secret_prompt`.',
    'See files://secret/b.',
    'First read_a, then (secret_tool).',
    7,
  ]) {
    const { makeCaller } = await startRuledGateway(t, { rules: RULES, library: discover(instructions) });
    const [reader, admin] = [await makeCaller(READER), await makeCaller(ADMIN)];
    const ask = async (caller: typeof reader) => JSON.parse((await caller.ask('server/discover')).text).result;
    if (typeof instructions === 'string') {
      // Only once all names are known can be said that nothing else is named.
      await until('the admin sees them', async () => (await ask(admin)).instructions === instructions);
    }
    const shown = await ask(reader);
    assert.equal('instructions' in shown, false);
    assert.deepEqual(shown.capabilities, { tools: {} });
  }
});

test('instructions that name nothing forbidden are shown once that is known', async (t) => {
  const instructions = 'Call read_a, then files://open/a.';
  const { makeCaller } = await startRuledGateway(t, { rules: RULES, library: discover(instructions) });
  const reader = await makeCaller(READER);
  await until('they are shown', async () => {
    const { result } = JSON.parse((await reader.ask('server/discover')).text);
    return result.instructions === instructions;
  });
});

test('a caller whom no rule means sees no list, and one whose every tool is denied sees no tools', async (t) => {
  const rules = [...RULES, { id: 'no-tools', deny: { tools: ['*'] }, to: { groups: ['toolless'] } }];
  const { makeCaller } = await startRuledGateway(t, { rules });
  const nobody = await makeCaller({ groups: ['nobody'] });
  for (const [method] of LISTS) assert.equal((await nobody.ask(method)).status, 403);
  const toolless = await makeCaller({ groups: ['admins', 'toolless'] });
  assert.equal((await toolless.ask('tools/list')).status, 403);
  assert.equal((await toolless.ask('prompts/list')).status, 200);
});
