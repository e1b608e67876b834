// Mirrored arguments through the whole gateway: it learns which ones tools have, and holds headers against them.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ended, openCall, toError } from './support/open-call.ts';
import { type Gateway, startGateway } from './support/start.ts';
import { startToolServer, type ToolServer, toPlainTool, toTool } from './support/tool-server.ts';
import { until } from './support/until.ts';

interface Call {
  readonly name?: string;
  readonly region?: unknown;
  readonly header?: string;
}

function call({ port }: Gateway, { name = 'sql', region, header }: Call): Promise<Ended> {
  const lines = header === undefined ? [] : ([['Mcp-Param-Region', header]] as const);
  const params = { name, arguments: region === undefined ? {} : { region } };
  return openCall({ port, method: 'tools/call', name, params, lines }).end();
}

function assertMismatch(answer: Ended): void {
  assert.equal(answer.status, 400, answer.text);
  const { code, data } = toError(answer);
  assert.deepEqual([code, data], [-32020, { reason: 'header_mismatch' }]);
}

interface Started {
  readonly gateway: Gateway;
  readonly server: ToolServer;
}

async function start(t: TestContext, tools: readonly object[], paramHeaders = 'check'): Promise<Started> {
  const server = await startToolServer(t, tools);
  const gateway = await startGateway(t, { instances: [server.fake.url], upstream: { paramHeaders } });
  return { gateway, server };
}

test('tools are read at the start, headers that agree go on as they came, and others are refused', async (t) => {
  const { gateway, server } = await start(t, [toTool('sql')]);
  assert.equal((await call(gateway, { region: 'zürich', header: '=?base64?esO8cmljaA==?=' })).status, 200);
  assert.equal(server.calls[0]?.request.headers['mcp-param-region'], '=?base64?esO8cmljaA==?=');
  assert.equal((await call(gateway, {})).status, 200);
  assert.equal((await call(gateway, { region: null })).status, 200);
  assertMismatch(await call(gateway, { region: 'us', header: 'eu' }));
  assertMismatch(await call(gateway, { region: 'us' }));
  assertMismatch(await call(gateway, { header: 'eu' }));
  assertMismatch(await call(gateway, { region: null, header: 'eu' }));
  assert.equal(server.calls.length, 3);
  assert.equal(server.ownLists.length, 1);
});

test('a header that no annotation of the tool names goes on untouched', async (t) => {
  const { gateway, server } = await start(t, [toTool('sql', 'Zone'), toPlainTool('plain')]);
  assert.equal((await call(gateway, { name: 'plain', region: 'us', header: 'eu' })).status, 200);
  assert.equal((await call(gateway, { header: 'eu' })).status, 200);
  assert.deepEqual(
    server.calls.map(({ request }) => request.headers['mcp-param-region']),
    ['eu', 'eu'],
  );
});

test('a tool with invalid annotations is left out of lists, and does not exist', async (t) => {
  const { gateway, server } = await start(t, [
    toTool('bad', 'Re gion'),
    toTool('sql'),
    toTool('float', 'Region', 'number'),
  ]);
  const list = await openCall({ port: gateway.port, method: 'tools/list' }).end();
  const { result } = JSON.parse(list.text) as { result: { tools: { name: string }[] } };
  assert.deepEqual(result.tools, [toTool('sql')]);
  const answer = await call(gateway, { name: 'bad' });
  assert.deepEqual(
    [answer.status, toError(answer).code, toError(answer).data],
    [400, -32602, { reason: 'unknown_name' }],
  );
  assert.equal(server.calls.length, 0);
});

test('a list that passes through teaches at once, as a client does that was refused', async (t) => {
  const { gateway, server } = await start(t, [toTool('sql')]);
  server.tools = [toTool('sql', 'Zone'), toTool('new')];
  assertMismatch(await call(gateway, { region: 'eu' }));
  await openCall({ port: gateway.port, method: 'tools/list' }).end();
  assertMismatch(await call(gateway, { region: 'eu', header: 'eu' }));
  assertMismatch(await call(gateway, { name: 'new', region: 'eu', header: 'us' }));
  assert.equal((await call(gateway, { name: 'new', region: 'eu', header: 'eu' })).status, 200);
});

test('a server whose tools cannot be listed is called without a check, until its list can be read', async (t) => {
  const server = await startToolServer(t, []);
  server.tools = undefined;
  const gateway = await startGateway(t, { instances: [server.fake.url], upstream: { paramHeaders: 'check' } });
  assert.equal((await call(gateway, { region: 'us', header: 'eu' })).status, 200);
  server.tools = [toTool('sql')];
  await openCall({ port: gateway.port, method: 'tools/list' }).end();
  assertMismatch(await call(gateway, { region: 'us', header: 'eu' }));
});

test('with paramHeaders: forward the gateway asks for nothing and checks nothing', async (t) => {
  const { gateway, server } = await start(t, [toTool('sql')], 'forward');
  await openCall({ port: gateway.port, method: 'tools/list' }).end();
  assert.equal((await call(gateway, { region: 'us', header: 'eu' })).status, 200);
  assert.equal(server.ownLists.length, 0);
});

async function startRouted(t: TestContext, eu: readonly object[], rest: readonly object[]) {
  const servers = { eu: await startToolServer(t, eu), rest: await startToolServer(t, rest) };
  const upstreams = Object.fromEntries(
    Object.entries(servers).map(([name, { fake }]) => [name, { instances: [fake.url], paramHeaders: 'check' }]),
  );
  const routes = [{ match: { params: { Region: 'eu-*' } }, upstream: 'eu' }, { upstream: 'rest' }];
  const gateway = await startGateway(t, { instances: [], config: { upstreams, endpoints: { '/mcp': { routes } } } });
  return { gateway, ...servers };
}

test('routes go by checked values alone', async (t) => {
  const { gateway, eu, rest } = await startRouted(
    t,
    [toTool('sql'), toPlainTool('plain')],
    [toTool('sql'), toPlainTool('plain')],
  );
  assert.equal((await call(gateway, { region: 'eu-1', header: 'eu-1' })).status, 200);
  assert.deepEqual([eu.calls.length, rest.calls.length], [1, 0]);
  assert.equal((await call(gateway, { region: 'us-1', header: 'us-1' })).status, 200);
  assert.deepEqual([eu.calls.length, rest.calls.length], [1, 1]);
  assertMismatch(await call(gateway, { region: 'us-1', header: 'eu-1' }));
  assertMismatch(await call(gateway, { region: 'eu-1' }));
  // This tool gives the header no meaning, so it leads nowhere.
  assert.equal((await call(gateway, { name: 'plain', region: 'us-1', header: 'eu-1' })).status, 200);
  assert.deepEqual([eu.calls.length, rest.calls.length], [1, 2]);
});

test('where two upstreams annotate a tool differently, or none has it, no parameter decides', async (t) => {
  const { gateway, eu, rest } = await startRouted(t, [toTool('sql')], [toTool('sql', 'Zone')]);
  const differing = await call(gateway, { region: 'eu-1', header: 'eu-1' });
  assert.deepEqual([differing.status, toError(differing).code], [502, -32603]);
  const unknown = await call(gateway, { name: 'none', region: 'eu-1', header: 'eu-1' });
  assert.deepEqual([unknown.status, toError(unknown).data], [400, { reason: 'unknown_name' }]);
  assert.deepEqual([eu.calls.length, rest.calls.length], [0, 0]);
});

test('conditions of rules see checked values, and a tool without a schema has none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-params-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const access = join(folder, 'access.yaml');
  await writeFile(
    access,
    `rules:
  - { id: all, allow: { tools: ["*"] }, to: { everyone: true } }
  - { id: not-us, deny: { tools: ["*"] }, when: params.region != "eu" }
`,
  );
  const server = await startToolServer(t, [toTool('sql')]);
  const gateway = await startGateway(t, {
    instances: [server.fake.url],
    upstream: { paramHeaders: 'check' },
    config: { endpoints: { '/mcp': { upstream: 'fleet', access: [access] } } },
  });
  assert.equal((await call(gateway, { region: 'eu', header: 'eu' })).status, 200);
  assert.equal((await call(gateway, { region: 'us', header: 'us' })).status, 403);
  assertMismatch(await call(gateway, { region: 'us', header: 'eu' }));
  assert.equal((await call(gateway, { name: 'none', region: 'eu', header: 'eu' })).status, 403);
  assert.equal(server.calls.length, 1);
});

test('calls of tools nobody knows cost no reading more while a list that failed rests', async (t) => {
  const server = await startToolServer(t, []);
  server.tools = undefined;
  const gateway = await startGateway(t, {
    instances: [server.fake.url],
    upstream: { paramHeaders: 'check' },
  });
  await until('the reading at the start', () => server.ownLists.length === 1);
  const failed = server.ownLists.length;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => call(gateway, { name: `t${at}`, region: 'us', header: 'eu' })),
  );
  assert.ok(answers.every(({ status }) => status === 200));
  // The reading at the start failed just now; nobody reads again before it has rested.
  assert.equal(server.ownLists.length, failed);
});

test('a reload keeps what is known of an upstream that did not change', async (t) => {
  const { gateway, server } = await start(t, [toTool('sql')]);
  await gateway.apply({ allowedHosts: ['127.0.0.1', 'localhost', 'more.example'] });
  assertMismatch(await call(gateway, { region: 'us', header: 'eu' }));
  assert.equal(server.ownLists.length, 1);
});
