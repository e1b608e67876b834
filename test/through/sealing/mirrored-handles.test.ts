// Handles in arguments that a header repeats: what the argument says upstream, the header says there too.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { answerResult, type FakeUpstream } from '../../support/fake-upstream.ts';
import { type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { type Gateway, startGateway, startUpstream } from '../support/start.ts';
import { toPlainTool, toTool } from '../support/tool-server.ts';

const TOOLS = [toPlainTool('make'), toTool('pay', 'Invoice', 'integer'), toTool('note', 'Text')];

async function start(
  t: TestContext,
  made: unknown,
): Promise<{ gateway: Gateway; upstream: FakeUpstream; sealed: string }> {
  const upstream = await startUpstream(t, (hit, response) => {
    const { method, params } = hit.message;
    const list = { resultType: 'complete', tools: TOOLS, ttlMs: 0, cacheScope: 'private' };
    const result = { resultType: 'complete', content: [], structuredContent: { id: made } };
    answerResult(hit, response, method === 'tools/list' ? list : params['name'] === 'make' ? result : undefined);
  });
  const opens = ['pay', 'note'].map((tool) => ({ tool, argument: '/region' }));
  const handles = [{ tool: 'make', result: '/structuredContent/id', opens, required: false }];
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    upstream: { paramHeaders: 'check' },
    config: { sealing: { handles } },
  });
  const { text } = await call(gateway, 'make', {});
  const { result } = JSON.parse(text) as { result: { structuredContent: { id: string } } };
  assert.match(result.structuredContent.id, /^eyJ/);
  return { gateway, upstream, sealed: result.structuredContent.id };
}

function call({ port }: Gateway, name: string, given: object, header?: readonly [string, string]): Promise<RawAnswer> {
  const lines = [...toHeaderLines('tools/call', name), ...(header === undefined ? [] : [header])];
  return sendRaw({ port, lines, body: toRequestBody('tools/call', { name, arguments: given }) });
}

test('a sealed number is given back as a number', async (t) => {
  const { gateway, upstream, sealed } = await start(t, 17);
  const { status, text } = await call(gateway, 'note', { region: sealed }, ['Mcp-Param-Text', sealed]);
  assert.equal(status, 200, text);
  const { message, request } = upstream.hits.at(-1) ?? assert.fail();
  assert.deepEqual([message.params['arguments'], request.headers['mcp-param-text']], [{ region: 17 }, '17']);
});

test('an argument whose schema says integer cannot hold a seal, which is a text', async (t) => {
  const { gateway, upstream, sealed } = await start(t, 17);
  const seen = upstream.hits.length;
  const { status, text } = await call(gateway, 'pay', { region: sealed }, ['Mcp-Param-Invoice', sealed]);
  assert.equal(status, 400);
  assert.equal(JSON.parse(text).error.code, -32020);
  const calls = upstream.hits.slice(seen).filter(({ message }) => message.method === 'tools/call');
  assert.deepEqual(calls, []);
});

test('a sealed text that no header holds plainly is encoded there', async (t) => {
  for (const made of ['zürich', ' a ', '=?base64?YQ==?=', 'a\r\nX-Evil: 1', 'plain']) {
    const { gateway, upstream, sealed } = await start(t, made);
    const { status, text } = await call(gateway, 'note', { region: sealed }, ['Mcp-Param-Text', sealed]);
    assert.equal(status, 200, text);
    const { message, request } = upstream.hits.at(-1) ?? assert.fail();
    const header = made === 'plain' ? made : `=?base64?${Buffer.from(made).toString('base64')}?=`;
    assert.deepEqual([message.params['arguments'], request.headers['mcp-param-text']], [{ region: made }, header]);
    assert.equal(request.headers['x-evil'], undefined);
  }
});

test('a header that says another thing than the argument reaches no server, sealed or not', async (t) => {
  const { gateway, upstream, sealed } = await start(t, 17);
  const seen = upstream.hits.filter(({ message }) => message.method === 'tools/call').length;
  for (const [region, header] of [
    [sealed, '18'],
    [17, sealed],
    [18, sealed],
    [sealed, `${sealed}A`],
    [sealed, undefined],
    [`${sealed}A`, `${sealed}A`],
  ] as const) {
    const line = header === undefined ? undefined : (['Mcp-Param-Invoice', header] as const);
    const { status, text } = await call(gateway, 'pay', { region }, line);
    assert.equal(status, 400, text);
  }
  assert.equal(upstream.hits.filter(({ message }) => message.method === 'tools/call').length, seen);
});
