// Before a call is decided on, its headers are held against the schemas of the upstreams it could go to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readHeaders } from '../../../gateway/edge/read-headers.ts';
import type { Enveloped, Opened } from '../../../gateway/exchange.ts';
import { METHODS } from '../../../gateway/mcp/methods.ts';
import { readAnnotations, type ToolAnnotations } from '../../../gateway/mcp/param-annotations.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import type { Catalog } from '../../../gateway/upstream/catalog.ts';
import { makeCheckParams } from '../../../gateway/upstream/check-params.ts';
import { makeCandidates, makeRoute, type RouteSettings } from '../../../gateway/upstream/route.ts';
import { toTool } from './list-server.ts';

interface Shelf {
  /** Annotations by tool. */
  readonly tools: Readonly<Record<string, ToolAnnotations>>;
  /** Tools that are only known after a reading. */
  readonly later?: Readonly<Record<string, ToolAnnotations>>;
  readonly checks?: boolean;
  readonly whole?: boolean;
}

const annotate = (header?: string, type?: string): ToolAnnotations =>
  readAnnotations(Buffer.from(JSON.stringify(toTool('t', header, type))));
const PLAIN = annotate();
const REGION = annotate('Region');
const ZONE = annotate('Zone');
const INVALID = annotate('Re gion');

function makeShelf({ tools, later = {}, checks = true, whole = true }: Shelf, doubts: string[], name: string): Catalog {
  const known = new Map(Object.entries(tools));
  return {
    checks,
    get hasAllTools() {
      return checks && whole;
    },
    findTool: (tool: string) => known.get(tool),
    requireTool(tool: string) {
      const found = known.get(tool);
      if (found !== undefined || later[tool] === undefined) return found;
      return nextTurn().then(() => {
        known.set(tool, later[tool] as ToolAnnotations);
        return later[tool];
      });
    },
    doubtTools: () => doubts.push(name),
  } as unknown as Catalog;
}

const toSettings = (upstream: string, parts: Partial<RouteSettings> = {}): RouteSettings => ({
  methods: [],
  names: [],
  params: new Map(),
  ...parts,
  upstream,
});
const EU = toSettings('eu', { params: new Map([['region', 'eu-*']]) });
const REST = toSettings('rest');

interface Setting {
  readonly shelves: Readonly<Record<string, Shelf>>;
  readonly routes?: readonly RouteSettings[];
  readonly hides?: boolean;
}

interface Call {
  readonly tool?: string;
  readonly method?: string;
  readonly args?: object;
  readonly headers?: readonly (readonly [string, string])[];
}

function toRequest({ tool = 'sql', method = 'tools/call', args = {}, headers = [] }: Call): Enveloped {
  const body = Buffer.from(JSON.stringify({ name: tool, arguments: args }));
  return {
    endpoint: { path: '/mcp' },
    envelope: { method: METHODS.get(method), name: tool, paramsStart: 0 },
    headers: readHeaders(headers.flat()),
    params: undefined,
    body,
  } as unknown as Enveloped;
}

function makeGate({ shelves, routes = [REST], hides = false }: Setting) {
  const doubts: string[] = [];
  const catalogs = new Map(Object.entries(shelves).map(([name, shelf]) => [name, makeShelf(shelf, doubts, name)]));
  const endpoints = new Map([['/mcp', routes]]);
  const check = makeCheckParams({
    catalogOf: (upstream) => catalogs.get(upstream),
    candidatesOf: makeCandidates(endpoints),
    hides: () => hides,
  });
  const route = makeRoute(endpoints);
  return { check, doubts, route: (noted: Enveloped) => route(noted as Opened).upstream };
}

/** Where the call goes, or how it is refused: `kind reason`. */
async function send(setting: Setting, call: Call): Promise<string> {
  const { check, route } = makeGate(setting);
  try {
    return route(await check(toRequest(call)));
  } catch (error) {
    if (error instanceof Refusal) return `${error.kind} ${error.detail.reason}`;
    throw error;
  }
}

const inRegion = (region: string, header = region): Call => ({
  args: { region },
  headers: [['Mcp-Param-Region', header]],
});
const BOTH = { eu: { tools: { sql: REGION } }, rest: { tools: { sql: REGION } } };
const ROUTED = [EU, REST];

const ROWS: readonly [what: string, setting: Setting, call: Call, outcome: string][] = [
  ['a tool without annotations', { shelves: { rest: { tools: { sql: PLAIN } } } }, inRegion('a', 'b'), 'rest'],
  ['headers that agree', { shelves: { rest: { tools: { sql: REGION } } } }, inRegion('eu'), 'rest'],
  [
    'headers that differ',
    { shelves: { rest: { tools: { sql: REGION } } } },
    inRegion('eu', 'us'),
    'header_mismatch param_differs',
  ],
  [
    'a missing header',
    { shelves: { rest: { tools: { sql: REGION } } } },
    { args: { region: 'eu' } },
    'header_mismatch param_missing',
  ],
  [
    'a tool that is known after a reading',
    { shelves: { rest: { tools: {}, later: { sql: REGION } } } },
    inRegion('eu', 'us'),
    'header_mismatch param_differs',
  ],
  [
    'a tool nobody lists, where no parameter decides',
    { shelves: { rest: { tools: {} } } },
    inRegion('eu', 'us'),
    'rest',
  ],
  [
    'a list that cannot be read, where no parameter decides',
    { shelves: { rest: { tools: {}, whole: false } } },
    inRegion('eu', 'us'),
    'rest',
  ],
  [
    'a tool whose annotations are invalid',
    { shelves: { rest: { tools: { sql: INVALID } } } },
    {},
    'unknown_name invalid_tool',
  ],
  [
    'an upstream that says forward',
    { shelves: { rest: { tools: { sql: INVALID }, checks: false } } },
    inRegion('eu', 'us'),
    'rest',
  ],
  ['an upstream without a catalog', { shelves: {} }, inRegion('eu', 'us'), 'rest'],
  [
    'another method',
    { shelves: { rest: { tools: { sql: REGION } } } },
    { ...inRegion('eu', 'us'), method: 'prompts/get' },
    'rest',
  ],
  [
    'a hiding endpoint',
    { shelves: { rest: { tools: { sql: REGION } } }, hides: true },
    inRegion('eu', 'us'),
    'header_mismatch param_differs',
  ],

  ['a checked value that decides', { shelves: BOTH, routes: ROUTED }, inRegion('eu-1'), 'eu'],
  ['a checked value that does not fit', { shelves: BOTH, routes: ROUTED }, inRegion('us-1'), 'rest'],
  [
    'a header that would lead elsewhere than its argument',
    { shelves: BOTH, routes: ROUTED },
    inRegion('us-1', 'eu-1'),
    'header_mismatch param_differs',
  ],
  [
    'a header without its argument',
    { shelves: BOTH, routes: ROUTED },
    { headers: [['Mcp-Param-Region', 'eu-1']] },
    'header_mismatch param_unexpected',
  ],
  [
    'a tool that only one upstream has',
    { shelves: { eu: { tools: { sql: REGION } }, rest: { tools: {} } }, routes: ROUTED },
    inRegion('eu-1'),
    'eu',
  ],
  [
    'a header the tool does not annotate',
    { shelves: { eu: { tools: { sql: PLAIN } }, rest: { tools: { sql: PLAIN } } }, routes: ROUTED },
    inRegion('eu-1'),
    'rest',
  ],
  [
    'schemas that differ',
    { shelves: { eu: { tools: { sql: REGION } }, rest: { tools: { sql: ZONE } } }, routes: ROUTED },
    inRegion('eu-1'),
    'upstream_failed schemas_differ',
  ],
  [
    'a schema that one upstream has invalid',
    { shelves: { eu: { tools: { sql: REGION } }, rest: { tools: { sql: INVALID } } }, routes: ROUTED },
    inRegion('eu-1'),
    'upstream_failed schemas_differ',
  ],
  [
    'a tool nobody lists, where a parameter decides',
    { shelves: { eu: { tools: {} }, rest: { tools: {} } }, routes: ROUTED },
    inRegion('eu-1'),
    'unknown_name no_tool',
  ],
  [
    'such a tool without headers',
    { shelves: { eu: { tools: {} }, rest: { tools: {} } }, routes: ROUTED },
    {},
    'unknown_name no_tool',
  ],
  [
    'a list that cannot be read, where a parameter decides',
    { shelves: { eu: { tools: {}, whole: false }, rest: { tools: {} } }, routes: ROUTED },
    inRegion('eu-1'),
    'upstream_failed no_schema',
  ],
  [
    'unchecked headers, where all upstreams say forward',
    { shelves: { eu: { tools: {}, checks: false }, rest: { tools: {}, checks: false } }, routes: ROUTED },
    inRegion('us-1', 'eu-1'),
    'eu',
  ],
  [
    'unchecked headers, where only one says forward',
    { shelves: { eu: { tools: {}, checks: false }, rest: { tools: {} } }, routes: ROUTED },
    inRegion('us-1', 'eu-1'),
    'unknown_name no_tool',
  ],
  [
    'a parameter of routes that other names lead to',
    { shelves: BOTH, routes: [{ ...EU, names: ['other'] }, REST] },
    inRegion('eu-1'),
    'rest',
  ],
  [
    'routes behind one that takes everything',
    { shelves: { eu: { tools: { sql: ZONE } }, rest: { tools: { sql: REGION } } }, routes: [REST, EU] },
    inRegion('eu-1'),
    'rest',
  ],
  [
    'an integer by its plain decimal form',
    {
      shelves: { eu: { tools: { sql: annotate('Region', 'integer') } } },
      routes: [toSettings('eu', { params: new Map([['region', '42']]) })],
    },
    { args: { region: 42 }, headers: [['Mcp-Param-Region', '42.0']] },
    'eu',
  ],
  [
    'a boolean by its word',
    {
      shelves: { eu: { tools: { sql: annotate('Region', 'boolean') } } },
      routes: [toSettings('eu', { params: new Map([['region', 'true']]) })],
    },
    { args: { region: true }, headers: [['Mcp-Param-Region', 'true']] },
    'eu',
  ],
  [
    'a parameter written with _ in the routes',
    {
      shelves: { eu: { tools: { sql: annotate('Tenant-Id') } } },
      routes: [toSettings('eu', { params: new Map([['tenant_id', 'a']]) })],
    },
    { args: { region: 'a' }, headers: [['Mcp-Param-Tenant-Id', 'a']] },
    'eu',
  ],
];

for (const [what, setting, call, outcome] of ROWS) {
  test(`${what}: ${outcome}`, async () => assert.equal(await send(setting, call), outcome));
}

test('checked values join the request by lower-case key', async () => {
  const { check } = makeGate({ shelves: { rest: { tools: { sql: REGION } } } });
  const noted = await check(toRequest(inRegion('eu')));
  assert.deepEqual([...(noted.params ?? [])], [['region', 'eu']]);
  assert.equal(noted.paramFault, undefined);
});

test('a call is waited for only where a tool is not known', () => {
  const { check } = makeGate({ shelves: { rest: { tools: { plain: PLAIN, sql: REGION }, later: { new: PLAIN } } } });
  assert.ok(!(check(toRequest({ tool: 'plain' })) instanceof Promise));
  assert.ok(!(check(toRequest(inRegion('eu'))) instanceof Promise));
  assert.ok(!(check(toRequest({ tool: 'none' })) instanceof Promise));
  assert.ok(check(toRequest({ tool: 'new' })) instanceof Promise);
});

test('where denials are hidden a difference does not show before the decision, and never gives values', async () => {
  const { check, route } = makeGate({ shelves: { rest: { tools: { sql: REGION } } }, hides: true });
  const noted = await check(toRequest(inRegion('eu', 'us')));
  assert.deepEqual([noted.params, noted.paramFault], [undefined, 'param_differs']);
  assert.throws(() => route(noted), Refusal);
});

test('a difference makes the gateway doubt what it knows', () => {
  const { check, doubts } = makeGate({ shelves: BOTH, routes: ROUTED });
  assert.throws(() => check(toRequest(inRegion('eu', 'us'))), Refusal);
  assert.deepEqual(doubts, ['eu', 'rest']);
});

function askForTask(upstream: string): Opened {
  return { ...toRequest({ method: 'tasks/get', tool: 't' }), task: { upstream } } as unknown as Opened;
}

test('a task goes to the upstream that holds it, while the endpoint leads there', () => {
  const route = makeRoute(new Map([['/mcp', [EU, REST]]]));
  assert.equal(route(askForTask('eu')).upstream, 'eu');
  assert.throws(
    () => route(askForTask('gone')),
    (error: unknown) => error instanceof Refusal && error.kind === 'task_lost',
  );
});
