// Story: a server wants to hold up everybody behind the gateway. Its answers are well-formed and not even large, but made of what
// readers look at again and again. Each must be answered, passed on or refused, in the time a busy machine takes for any answer.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Behaviour, Hit } from '../support/fake-upstream.ts';
import { type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { until } from '../through/support/until.ts';
import { startEverythingOn } from './support/everything-on.ts';
import { honestServer, toHonestResult } from './support/everything-on-server.ts';

/** What would grow with the square of its size took minutes. */
const AT_MOST_MS = 3000;
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

/** Short of being found, at every place of a text of one letter; longer than what a search skips by. */
const ALMOST = `ab${'a'.repeat(5_000)}`;
const LETTERS = 'a'.repeat(4_000_000);

const toResult = (result: string) => (hit: Hit) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(hit.message.id)},"result":${result}}`;
const complete = (members: object) => toResult(JSON.stringify({ resultType: 'complete', ...members }));

const answer =
  (toText: (hit: Hit) => string, media = 'application/json'): Behaviour =>
  (hit, response) =>
    void response.writeHead(200, { 'content-type': media }).end(toText(hit));

const toTask = complete({ resultType: 'task', taskId: ALMOST, status: 'working', ttlMs: 60_000 });

interface Heavy {
  readonly what: string;
  readonly method: string;
  readonly name?: string;
  readonly behaviour: Behaviour;
}

const HEAVY: readonly Heavy[] = [
  {
    what: 'a list of a great many things that are no tools',
    method: 'tools/list',
    behaviour: answer(toResult(`{"resultType":"complete","tools":[${'0,'.repeat(150_000)}0]}`)),
  },
  {
    what: 'a list of a great many resources',
    method: 'resources/list',
    behaviour: answer(
      complete({ resources: Array.from({ length: 60_000 }, (_, i) => ({ uri: `files://open/${i}` })) }),
    ),
  },
  {
    what: 'instructions without end that almost hold a URI',
    method: 'server/discover',
    behaviour: answer(complete({ capabilities: {}, instructions: LETTERS })),
  },
  {
    what: 'instructions that almost hold a URI at each of many places',
    method: 'server/discover',
    behaviour: answer(complete({ capabilities: {}, instructions: 'a://'.repeat(16_000) })),
  },
  {
    what: 'a handle that stands almost everywhere in the words beside it',
    method: 'tools/call',
    name: 'create_basket',
    behaviour: answer(
      complete({ structuredContent: { basketId: ALMOST }, content: [{ type: 'text', text: LETTERS }] }),
    ),
  },
  {
    what: 'a handle that stands everywhere, and nowhere by itself',
    method: 'tools/call',
    name: 'create_basket',
    behaviour: answer(
      complete({
        structuredContent: { basketId: LETTERS.slice(0, 30_000) },
        content: [{ type: 'text', text: LETTERS }],
      }),
    ),
  },
  {
    what: 'a great many questions',
    method: 'tools/call',
    name: 'ask_name',
    behaviour: answer(
      complete({
        resultType: 'input_required',
        inputRequests: Object.fromEntries(
          Array.from({ length: 50_000 }, (_, i) => [
            `q${i}`,
            { method: 'elicitation/create', params: { mode: 'form' } },
          ]),
        ),
      }),
    ),
  },
  {
    what: 'an event on a great many lines',
    method: 'tools/call',
    name: 'read_station',
    behaviour: answer(() => `${'data\n'.repeat(1_000_000)}\n`, 'text/event-stream'),
  },
  {
    what: 'an event between a great many comments',
    method: 'tools/call',
    name: 'create_basket',
    behaviour: answer((hit) => {
      const result = complete({ structuredContent: { basketId: 'basket-1' } })(hit);
      return `data: ${result}\n${':\n'.repeat(1_000_000)}\n`;
    }, 'text/event-stream'),
  },
];

const isPrompts = ({ message }: Hit): boolean => message.method === 'prompts/list';

async function start(t: TestContext) {
  const on = await startEverythingOn(t);
  const ask = (method: string, params: object, name?: string): Promise<RawAnswer> =>
    sendRaw({
      port: on.port,
      lines: [...toHeaderLines(method, name), ['Authorization', `Bearer ${on.tokens.reader}`]],
      body: toRequestBody(method, { _meta: META, ...params }),
    });
  const behave = (behaviour: Behaviour): void =>
    on.server.behave((hit, response) =>
      String(hit.message.id).startsWith('tollgate-') ? honestServer(hit, response) : behaviour(hit, response),
    );
  return { on, ask, behave };
}

async function assertSwift(ask: () => Promise<RawAnswer>): Promise<void> {
  const begunMs = performance.now();
  const { status, text } = await ask();
  const tookMs = performance.now() - begunMs;
  assert.ok(status === 200 || status === 502, `${status} ${text.slice(0, 300)}`);
  assert.ok(tookMs < AT_MOST_MS, `took ${Math.round(tookMs)} ms`);
}

test('no answer holds up the gateway', async (t) => {
  const { ask, behave } = await start(t);
  for (const { what, method, name, behaviour } of HEAVY) {
    await t.test(what, async () => {
      behave(behaviour);
      await assertSwift(() => ask(method, name === undefined ? {} : { name, arguments: {} }, name));
    });
  }
});

test('the id of a task that stands almost everywhere in an error does not hold up the gateway', async (t) => {
  const { ask, behave } = await start(t);
  behave(answer(toTask));
  const begun = await ask('tools/call', { name: 'start_job', arguments: {} }, 'start_job');
  const { taskId } = (JSON.parse(begun.text) as { readonly result: { readonly taskId: string } }).result;
  behave(
    answer(({ message: { id } }) =>
      JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: LETTERS, data: LETTERS } }),
    ),
  );
  await assertSwift(() => ask('tasks/get', { taskId }, taskId));
});

test('names of tools that stand almost everywhere in the instructions do not hold up the gateway', async (t) => {
  const { on, ask } = await start(t);
  const tools = Array.from({ length: 1000 }, (_, i) => ({
    name: `${'a'.repeat(1 + (i % 100))}b${'a'.repeat(850 + Math.floor(i / 100))}`,
  }));
  on.server.behave((hit, response) => {
    if (hit.message.method === 'tools/list') return answer(complete({ tools }))(hit, response);
    const instructions = LETTERS.slice(0, 60_000);
    if (hit.message.method === 'server/discover')
      return answer(complete({ capabilities: {}, instructions }))(hit, response);
    return answer((other) => JSON.stringify({ jsonrpc: '2.0', id: other.message.id, result: toHonestResult(other) }))(
      hit,
      response,
    );
  });
  // The names of tools become known as the list passes by, those of prompts because somebody asks for instructions.
  assert.equal((await ask('tools/list', {})).status, 200);
  assert.equal((await ask('server/discover', {})).status, 200);
  await until('prompts are read', () => on.server.hits.some(isPrompts));
  await assertSwift(() => ask('server/discover', {}));
});
