// Header routing: methods, names and mirrored arguments choose the upstream, and the first match wins.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import { openCall, toError } from './support/open-call.ts';
import { type Gateway, startGateway, startUpstream } from './support/start.ts';

const NAMES = ['eu', 'umlauts', 'files', 'lists', 'one'] as const;
type Name = (typeof NAMES)[number];

const ROUTES = [
  { match: { methods: ['tools/call'], names: ['files_*'], params: { Region: 'eu-*' } }, upstream: 'eu' },
  { match: { params: { Region: 'zürich *' } }, upstream: 'umlauts' },
  { match: { methods: ['tools/call'], names: ['files_*', 'copy'] }, upstream: 'files' },
  { match: { methods: ['*/list', 'server/discover'] }, upstream: 'lists' },
  { match: { methods: ['resources/read'], names: ['file:///a/*'] }, upstream: 'one' },
  { match: { methods: ['tools/call'], names: ['files_read'] }, upstream: 'one' },
];

async function startRouted(t: TestContext): Promise<{ gateway: Gateway; fleets: ReadonlyMap<Name, FakeUpstream> }> {
  const fleets = new Map(await Promise.all(NAMES.map(async (name) => [name, await startUpstream(t)] as const)));
  const upstreams = Object.fromEntries(
    [...fleets].map(([name, { url }]) => [name, { instances: [url], paramHeaders: 'forward' }]),
  );
  const gateway = await startGateway(t, {
    instances: [],
    config: { upstreams, endpoints: { '/mcp': { routes: ROUTES } } },
  });
  return { gateway, fleets };
}

interface Row {
  readonly what: string;
  readonly method: string;
  readonly name?: string;
  readonly lines?: readonly (readonly [string, string])[];
  readonly to: Name | undefined;
}

const encode = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

const ROWS: readonly Row[] = [
  {
    what: 'a name and a parameter',
    method: 'tools/call',
    name: 'files_get',
    lines: [['Mcp-Param-Region', 'eu-west']],
    to: 'eu',
  },
  {
    what: 'a parameter header in any case',
    method: 'tools/call',
    name: 'files_get',
    lines: [['mcp-param-REGION', 'eu-west']],
    to: 'eu',
  },
  {
    what: 'a parameter in Base64',
    method: 'tools/call',
    name: 'files_get',
    lines: [['Mcp-Param-Region', encode('eu-süd')]],
    to: 'eu',
  },
  {
    what: 'a parameter beyond ASCII',
    method: 'tools/call',
    name: 'anything',
    lines: [['Mcp-Param-Region', encode('zürich 8000')]],
    to: 'umlauts',
  },
  {
    what: 'another value of the parameter',
    method: 'tools/call',
    name: 'files_get',
    lines: [['Mcp-Param-Region', 'us-eu-1']],
    to: 'files',
  },
  { what: 'no parameter', method: 'tools/call', name: 'files_get', to: 'files' },
  { what: 'the second of two names', method: 'tools/call', name: 'copy', to: 'files' },
  { what: 'the earlier of two routes that match', method: 'tools/call', name: 'files_read', to: 'files' },
  { what: 'a method by glob', method: 'resources/templates/list', to: 'lists' },
  { what: 'a method by its name', method: 'server/discover', to: 'lists' },
  { what: 'a URI', method: 'resources/read', name: 'file:///a/b', to: 'one' },
  { what: 'a URI in Base64', method: 'resources/read', name: 'file:///a/ü', to: 'one' },
  { what: 'a name no route has', method: 'tools/call', name: 'Files_get', to: undefined },
  { what: 'a name like a property of every object', method: 'tools/call', name: 'constructor', to: undefined },
  { what: 'a URI no route has', method: 'resources/read', name: 'file:///b/a', to: undefined },
  { what: 'a method no route has', method: 'prompts/get', name: 'files_get', to: undefined },
];

test('each request goes to the upstream of the first route that matches, or is an unknown name', async (t) => {
  const { gateway, fleets } = await startRouted(t);
  for (const { what, method, name, lines, to } of ROWS) {
    const before = new Map([...fleets].map(([key, { hits }]) => [key, hits.length]));
    const field = method === 'resources/read' ? { uri: name } : { name };
    const answer = await openCall({
      port: gateway.port,
      method,
      ...(name !== undefined && { params: field, name: /^[ -~]+$/.test(name) ? name : encode(name) }),
      ...(lines !== undefined && { lines }),
    }).end();
    const reached = [...fleets].filter(([key, { hits }]) => hits.length > (before.get(key) ?? 0)).map(([key]) => key);
    assert.deepEqual(reached, to === undefined ? [] : [to], what);
    if (to !== undefined) {
      assert.equal(answer.status, 200, what);
    } else {
      assert.equal(answer.status, 400, what);
      const { code, data } = toError(answer);
      assert.deepEqual([code, data], [-32602, { reason: 'unknown_name' }], what);
    }
  }
});

test('a parameter header goes on to the upstream as the client wrote it', async (t) => {
  const { gateway, fleets } = await startRouted(t);
  const value = encode('eu-süd');
  const lines = [['Mcp-Param-Region', value]] as const;
  await openCall({
    port: gateway.port,
    method: 'tools/call',
    params: { name: 'files_x' },
    name: 'files_x',
    lines,
  }).end();
  assert.equal(fleets.get('eu')?.hits[0]?.request.headers['mcp-param-region'], value);
});
