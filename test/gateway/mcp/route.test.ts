// Which upstream a request goes to: the first route that fits its mirrored headers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeaders } from '../../../gateway/edge/read-headers.ts';
import type { Opened } from '../../../gateway/exchange.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { makeRoute, type RouteSettings } from '../../../gateway/upstream/route.ts';

const toSettings = (upstream: string, parts: Partial<RouteSettings> = {}): RouteSettings => ({
  methods: [],
  names: [],
  params: new Map(),
  ...parts,
  upstream,
});

const ROUTES = [
  toSettings('by-param', { params: new Map([['region', 'eu-*']]) }),
  toSettings('by-two-params', {
    params: new Map([
      ['tenant', 'a'],
      ['tier', '*'],
    ]),
  }),
  toSettings('by-both', { methods: ['tools/*'], names: ['weather', 'geo/*'] }),
  toSettings('by-method', { methods: ['resources/*', 'tasks/get'] }),
  toSettings('by-name', { names: ['*é*', '__proto__'] }),
];

interface Asked {
  readonly method: string;
  readonly name?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly path?: string;
}

/** The upstream, or the kind of the refusal. */
function ask(routes: readonly RouteSettings[], { method, name, headers = [], path = '/mcp' }: Asked): string {
  const request = {
    endpoint: { path },
    envelope: { method: { name: method }, name },
    headers: readHeaders(headers.flat()),
  } as unknown as Opened;
  try {
    return makeRoute(new Map([['/mcp', routes]]))(request).upstream;
  } catch (error) {
    if (error instanceof Refusal) return error.kind;
    throw error;
  }
}

const ROWS: readonly (readonly [asked: Asked, upstream: string])[] = [
  [{ method: 'tools/call', name: 'weather' }, 'by-both'],
  [{ method: 'tools/call', name: 'geo/city' }, 'by-both'],
  [{ method: 'tools/call', name: 'geo' }, 'unknown_name'],
  [{ method: 'tools/call', name: 'Weather' }, 'unknown_name'],
  [{ method: 'prompts/get', name: 'weather' }, 'unknown_name'],
  [{ method: 'tools/list' }, 'unknown_name'],
  [{ method: 'resources/read', name: 'file:///x' }, 'by-method'],
  [{ method: 'resources/list' }, 'by-method'],
  [{ method: 'tasks/get', name: 't' }, 'by-method'],
  [{ method: 'tasks/cancel', name: 't' }, 'unknown_name'],
  [{ method: 'prompts/get', name: 'café' }, 'by-name'],
  [{ method: 'prompts/get', name: '__proto__' }, 'by-name'],
  [{ method: 'prompts/get', name: 'constructor' }, 'unknown_name'],
  [{ method: 'tools/call', name: 'weather', headers: [['Mcp-Param-Region', 'eu-1']] }, 'by-param'],
  [{ method: 'tools/call', name: 'weather', headers: [['MCP-PARAM-REGION', '=?base64?ZXUtMQ==?=']] }, 'by-param'],
  [{ method: 'tools/call', name: 'weather', headers: [['Mcp-Param-Region', 'us-1']] }, 'by-both'],
  [{ method: 'tools/call', name: 'weather', headers: [['Mcp-Param-Region', 'EU-1']] }, 'by-both'],
  [{ method: 'tools/call', name: 'x', headers: [['Mcp-Param-Tenant', 'a']] }, 'unknown_name'],
  [
    {
      method: 'tools/call',
      name: 'x',
      headers: [
        ['Mcp-Param-Tenant', 'a'],
        ['Mcp-Param-Tier', ''],
      ],
    },
    'by-two-params',
  ],
  [{ method: 'resources/list', path: '/other' }, 'unknown_name'],
  [{ method: 'resources/list', path: '__proto__' }, 'unknown_name'],
];

test('the first route that fits in all its parts wins, and none is an unknown name', () => {
  for (const [asked, upstream] of ROWS) assert.equal(ask(ROUTES, asked), upstream, JSON.stringify(asked));
});

test('a route without parts takes everything, but only after those before it', () => {
  const routes = [...ROUTES, toSettings('rest'), toSettings('never')];
  assert.equal(ask(routes, { method: 'server/discover' }), 'rest');
  assert.equal(ask(routes, { method: 'resources/list' }), 'by-method');
});

test('no routes are no right to go anywhere', () => {
  assert.equal(ask([], { method: 'server/discover' }), 'unknown_name');
});
