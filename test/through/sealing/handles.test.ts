// Baskets of a real server through the gateway: sealed where they stand in results, opened where they come back.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callMcp, type McpOutcome } from '../../../gateway/demo/mcp-call.ts';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { writeAccess } from '../identity/support/guarded-gateway.ts';
import { startGateway } from '../support/start.ts';
import { type BasketServer, startBasketServer } from './support/basket-server.ts';

const RESOURCE = 'https://mcp.example.com/mcp';

interface Shop {
  readonly server: BasketServer;
  /** Calls a tool for somebody: a subject, and behind a colon a tenant. */
  readonly call: (
    person: string,
    name: string,
    args?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<McpOutcome>;
}

async function open(t: TestContext, more: object = {}): Promise<Shop> {
  const server = await startBasketServer(t);
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const rules = [{ id: 'all', allow: { tools: ['*'] }, to: { issuers: [issuer.issuer] } }];
  const opens = [
    { tool: '*_basket', argument: '/basketId' },
    { tool: 'show_*', argument: '/basketId' },
  ];
  const create = { tool: 'create_basket', result: '/structuredContent/basketId', opens, ...more };
  const others = ['fill_basket', 'show_basket'].map((tool) => ({ ...create, tool }));
  const gateway = await startGateway(t, {
    instances: [],
    config: {
      publicUrl: 'https://mcp.example.com',
      identity: { issuers: [{ issuer: issuer.issuer }] },
      upstreams: { fleet: { instances: [server.url] } },
      endpoints: { '/mcp': { upstream: 'fleet', access: [await writeAccess(t, rules)] } },
      sealing: { handles: [create, ...others] },
    },
  });
  return {
    server,
    async call(person, name, args = {}, headers = {}) {
      const [sub, tenant] = person.split(':');
      const exp = Math.floor(Date.now() / 1000) + 600;
      const token = await issuer.sign({ sub, aud: RESOURCE, client_id: 'cli', exp, ...(tenant && { tenant }) });
      const params = { name, arguments: args };
      const authorization = `Bearer ${token}`;
      return callMcp(gateway.url, { method: 'tools/call', params, headers: { authorization, ...headers } });
    },
  };
}

function readBasket({ response }: McpOutcome): { basketId: string; items: string[]; text: string } {
  assert.notEqual(response.result?.isError, true, JSON.stringify(response));
  const { structuredContent, content } = response.result as {
    structuredContent: { basketId: string; items: string[] };
    content: readonly { text: string }[];
  };
  return { ...structuredContent, text: content[0]?.text ?? '' };
}

function assertRefused({ status, response }: McpOutcome): void {
  assert.equal(status, 400);
  assert.deepEqual([response.error?.code, response.error?.data], [-32602, { reason: 'state_invalid' }]);
}

test('a basket is filled by who made it, and by nobody else', async (t) => {
  const { call } = await open(t);
  const { basketId, text } = readBasket(await call('alice', 'create_basket'));
  assert.match(basketId, /^eyJ/);
  const filled = readBasket(await call('alice', 'fill_basket', { basketId, item: 'bread' }));
  assert.deepEqual(filled.items, ['bread']);
  assert.equal(
    text,
    `Basket ${basketId} holds 0 things, basket-10 is another one.`,
    'the same seal, and no part of a word',
  );
  // What a later answer says of it is good as well.
  assert.deepEqual(readBasket(await call('alice', 'fill_basket', { basketId: filled.basketId, item: 'milk' })).items, [
    'bread',
    'milk',
  ]);
  for (const id of [basketId, filled.basketId, 'basket-1']) {
    assertRefused(await call('bob', 'fill_basket', { basketId: id, item: 'stones' }));
  }
  assertRefused(await call('alice', 'fill_basket', { basketId: 'basket-1', item: 'stones' }));
  const { items } = readBasket(await call('alice', 'show_basket', { basketId }, { 'mcp-param-basket': basketId }));
  assert.deepEqual(items, ['bread', 'milk']);
});

test('the header that repeats a handle says upstream what the argument says there', async (t) => {
  const { call, server } = await open(t);
  const { basketId } = readBasket(await call('alice', 'create_basket'));
  const encoded = `=?base64?${Buffer.from(basketId).toString('base64')}?=`;
  for (const header of [basketId, encoded]) {
    readBasket(await call('alice', 'show_basket', { basketId }, { 'mcp-param-basket': header }));
  }
  assert.deepEqual(server.basketHeaders, ['basket-1', 'basket-1']);
  // The header alone is no way around: it is held against the argument as it came.
  for (const header of ['basket-1', 'basket-2', `${basketId}A`]) {
    const { status, response } = await call('alice', 'show_basket', { basketId }, { 'mcp-param-basket': header });
    assert.deepEqual([status, response.error?.code], [400, -32020]);
  }
  assertRefused(await call('bob', 'show_basket', { basketId }, { 'mcp-param-basket': basketId }));
  assertRefused(await call('alice', 'show_basket', { basketId: 'basket-1' }, { 'mcp-param-basket': 'basket-1' }));
  assert.equal(server.basketHeaders.length, 2);
});

test('where no seal is required a plain basket passes too', async (t) => {
  const { call } = await open(t, { required: false });
  const { basketId } = readBasket(await call('alice', 'create_basket'));
  assert.deepEqual(readBasket(await call('bob', 'fill_basket', { basketId: 'basket-1', item: 'a' })).items, ['a']);
  assertRefused(await call('bob', 'fill_basket', { basketId, item: 'stones' }));
});

test('a basket bound to a tenant is shared within it', async (t) => {
  const { call } = await open(t, { bind: 'claim:tenant' });
  const { basketId } = readBasket(await call('alice:acme', 'create_basket'));
  assert.deepEqual(readBasket(await call('bob:acme', 'fill_basket', { basketId, item: 'a' })).items, ['a']);
  assertRefused(await call('alice:other', 'fill_basket', { basketId, item: 'b' }));
  assertRefused(await call('alice', 'fill_basket', { basketId, item: 'b' }));
});
