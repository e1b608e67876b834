// A hostile or mistaken server answers with a task, a question or a state that the client never said it can handle; what it hands
// out would come back to the gateway as something it never sealed, or ask a person for what the client must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawAnswer } from '../support/mcp-request.ts';
import { type Caller, startRuledGateway } from '../through/policy/support/ruled-gateway.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const RULES = [
  { id: 'all', allow: { tools: ['*'], prompts: ['*'], resources: ['files://**'] }, to: { everyone: true } },
];
const extensions = { [TASKS]: { to: { groups: ['operators'] } } };
const CANARY = 'canary-7f3a';
const TASK = { resultType: 'task', taskId: CANARY, status: 'working', ttlMs: null, pollIntervalMs: 1000 };
const FORM = {
  method: 'elicitation/create',
  params: { message: CANARY, requestedSchema: { type: 'object', properties: {} } },
};
const LINK = {
  method: 'elicitation/create',
  params: { mode: 'url', message: CANARY, url: 'https://a.example', elicitationId: 'e' },
};
const SAMPLE = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1, systemPrompt: CANARY } };
const SAMPLE_TOOLS = {
  method: 'sampling/createMessage',
  params: { messages: [], maxTokens: 1, tools: [{ name: CANARY }] },
};
const ROOTS = { method: 'roots/list' };

const toQuestion = (...questions: readonly object[]): object => ({
  resultType: 'input_required',
  inputRequests: Object.fromEntries(questions.map((question, at) => [`q${at}`, question])),
  requestState: CANARY,
});

const tasked = { extensions: { [TASKS]: {} } };

async function start(t: Parameters<typeof startRuledGateway>[0], media: 'json' | 'events', result: object) {
  const results = Object.fromEntries(
    ['tools/call', 'prompts/get', 'resources/read', 'completion/complete'].map((method) => [method, result]),
  );
  return startRuledGateway(t, { rules: RULES, config: { extensions }, library: { media, results } });
}

const callTool = (caller: Caller, capabilities: object): Promise<RawAnswer> =>
  caller.ask('tools/call', { name: 'read_a', arguments: {} }, { capabilities });

function assertFailed({ status, text }: RawAnswer, what: string): void {
  assert.equal(status, 502, `${what}: ${text}`);
  const { error, id } = JSON.parse(text) as { error: { code: number; data: object }; id: unknown };
  assert.deepEqual([error.code, error.data, id], [-32603, { reason: 'upstream_failed' }, 1], what);
  assert.ok(!text.includes(CANARY), what);
}

for (const media of ['json', 'events'] as const) {
  test(`a task for a client that may not have one never reaches it, in ${media}`, async (t) => {
    const { makeCaller } = await start(t, media, TASK);
    const [guest, operator] = [await makeCaller({ groups: ['guests'] }), await makeCaller({ groups: ['operators'] })];
    assertFailed(await callTool(guest, {}), 'neither granted nor declared');
    assertFailed(await callTool(guest, tasked), 'declared, not granted');
    assertFailed(await callTool(operator, {}), 'granted, not declared');
    assertFailed(
      await callTool(operator, { extensions: { 'io.modelcontextprotocol/Tasks': {} } }),
      'declared in another case',
    );
    assertFailed(await callTool(operator, { experimental: tasked.extensions }), 'declared elsewhere');
    const { status, text } = await callTool(operator, tasked);
    assert.equal(status, 200);
    assert.match(text, /"resultType":"task","taskId":"[\w.-]+"/);
    assert.ok(!text.includes(CANARY));
  });

  test(`only tool calls become tasks, whatever the client declared, in ${media}`, async (t) => {
    const { makeCaller } = await start(t, media, TASK);
    const operator = await makeCaller({ groups: ['operators'] });
    for (const [method, params] of [
      ['prompts/get', { name: 'open_prompt' }],
      ['resources/read', { uri: 'files://open/a' }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'open_prompt' }, argument: { name: 'a', value: '' } }],
    ] as const)
      assertFailed(await operator.ask(method, params, { capabilities: tasked }), method);
  });

  test(`a question that the client did not declare never reaches it, in ${media}`, async (t) => {
    const all = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
    const rows: readonly [what: string, questions: readonly object[], capabilities: object][] = [
      ['elicitation of a client that declared nothing', [FORM], {}],
      ['elicitation of a client that only samples', [FORM], { sampling: {} }],
      ['sampling of a client that only elicits', [SAMPLE], { elicitation: {} }],
      ['roots of a client that has none', [ROOTS], { elicitation: {}, sampling: {} }],
      ['a link for a client that shows forms', [LINK], { elicitation: { form: {} } }],
      ['a link for a client that named no mode', [LINK], { elicitation: {} }],
      ['a form for a client that opens links', [FORM], { elicitation: { url: {} } }],
      ['tools for a client that samples without', [SAMPLE_TOOLS], { sampling: {} }],
      ['one question too many', [FORM, SAMPLE], { elicitation: {} }],
      ['a question no client declares', [{ method: 'tools/call', params: {} }], all],
      ['a capability under experimental', [FORM], { experimental: { elicitation: {} } }],
    ];
    for (const [what, questions, capabilities] of rows) {
      const { makeCaller } = await start(t, media, toQuestion(...questions));
      const caller = await makeCaller();
      assertFailed(await callTool(caller, capabilities), what);
    }
    const { makeCaller } = await start(t, media, toQuestion(FORM, LINK, SAMPLE, SAMPLE_TOOLS, ROOTS));
    const caller = await makeCaller();
    const { status, text } = await callTool(caller, all);
    assert.equal(status, 200);
    // The questions pass as they are, the state only sealed.
    assert.doesNotMatch(text, /"requestState":"canary/);
  });

  test(`a method without a second round is never asked anything, in ${media}`, async (t) => {
    const { makeCaller } = await start(t, media, toQuestion());
    const ref = { type: 'ref/prompt', name: 'open_prompt' };
    const caller = await makeCaller();
    assertFailed(
      await caller.ask(
        'completion/complete',
        { ref, argument: { name: 'a', value: '' } },
        { capabilities: { elicitation: {} } },
      ),
      'completion',
    );
    const asked = await callTool(caller, {});
    assert.equal(asked.status, 200);
    assert.ok(!asked.text.includes(CANARY));
  });

  test(`an answer of an unknown type never reaches a client that declared no other extension, in ${media}`, async (t) => {
    for (const resultType of ['com.example/odd', 'TASK', 'Complete', 'input-required', '', 7, null]) {
      const { makeCaller } = await start(t, media, { resultType, note: CANARY });
      const answer = await callTool(await makeCaller({ groups: ['operators'] }), tasked);
      assertFailed(answer, String(resultType));
    }
  });
}

test('an undeclared answer too large to be gathered is cut, and the client cannot take it for whole', async (t) => {
  const filler = 'x'.repeat(400 * 1024);
  for (const result of [
    { filler, ...TASK },
    { ...TASK, filler },
    { filler, ...toQuestion(FORM) },
  ]) {
    const { makeCaller } = await start(t, 'json', result);
    const { text, whole } = await callTool(await makeCaller(), {});
    assert.ok(!whole || JSON.parse(text).error !== undefined);
  }
});
