// The attacker puts into `_meta` what only its server understands: a switch, a role, a tenant. Keys nobody let through do not
// reach it, and keys the specification keeps for itself are refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRuledGateway, toForwarded, toMeta } from '../through/policy/support/ruled-gateway.ts';

const RULES = [{ id: 'all', allow: { tools: ['*'] }, to: { everyone: true } }];
const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=b',
};
const INFO = { 'io.modelcontextprotocol/clientInfo': { name: 'admin', version: '1' } };

const FOREIGN = {
  baggage: 'c=d',
  'com.example/role': 'admin',
  role: 'admin',
  constructor: { a: 1 },
  'com.example.deep/x': [{ 'io.modelcontextprotocol/protocolVersion': '1' }],
  'modelcontextprotocol.example/x': 1,
  'example/mcp': 1,
};
const RESERVED = [
  'io.modelcontextprotocol/role',
  'io.modelcontextprotocol/protocolversion',
  'io.mcp/x',
  'com.mcp/x',
  'dev.modelcontextprotocol.example/x',
  'IO.ModelContextProtocol/x',
  'tools.mcp.com/x',
];
const allowed = { 'com.example/tenant': 'a', 'org.example/exact': 1 };

const call = { name: 'read_a', arguments: { _meta: { role: 'mine' } } };
const send = async (t: Parameters<typeof startRuledGateway>[0], meta?: object) =>
  startRuledGateway(t, { rules: RULES, ...(meta && { config: { meta } }) });

test('keys that nobody let through are removed, and every other byte of the body stays', async (t) => {
  const { makeCaller, server } = await send(t);
  const caller = await makeCaller();
  const { status } = await caller.ask('tools/call', call, {
    meta: { ...FOREIGN, ...TRACE, ...INFO, progressToken: 'p' },
  });
  assert.equal(status, 200);
  const [hit] = toForwarded(server);
  const { _meta, ...rest } = hit?.message.params ?? {};
  assert.deepEqual(_meta, toMeta({}, { ...TRACE, ...INFO, progressToken: 'p' }));
  assert.deepEqual(rest, call);
});

test('keys that were let through by name or glob stay, others go', async (t) => {
  const { makeCaller, server } = await send(t, { allow: ['com.example/*', 'org.example/exact'], mode: 'remove' });
  const caller = await makeCaller();
  await caller.ask('tools/call', call, { meta: { ...allowed, 'org.example/exact2': 1, 'com.examples/x': 1, role: 1 } });
  assert.deepEqual(toForwarded(server)[0]?.message.params['_meta'], toMeta({}, allowed));
});

test('where keys are strict, one that was not let through is refused', async (t) => {
  const { makeCaller, server } = await send(t, { allow: ['com.example/*'], mode: 'strict' });
  const caller = await makeCaller();
  for (const [name, value] of Object.entries(FOREIGN)) {
    const { status, text } = await caller.ask('tools/call', call, { meta: { [name]: value } });
    // Baggage goes without a word: those who add it are not those who call.
    const isAllowed = name.startsWith('com.example/') || name === 'baggage';
    assert.equal(status, isAllowed ? 200 : 400, `${name}: ${text}`);
    if (!isAllowed) assert.deepEqual(JSON.parse(text).error.data, { reason: 'bad_params' });
  }
  assert.equal((await caller.ask('tools/call', call, { meta: { ...TRACE, ...INFO, 'com.example/x': 1 } })).status, 200);
  const sent = toForwarded(server).map(({ message }) => Object.keys(message.params['_meta'] as object));
  assert.equal(sent.length, 3);
  assert.ok(sent.every((keys) => !keys.includes('baggage')));
});

test('a key under a prefix that is kept for the specification is refused, also when everything is let through', async (t) => {
  for (const meta of [undefined, { allow: ['*'], mode: 'remove' }, { allow: ['*'], mode: 'strict' }]) {
    const { makeCaller, server } = await send(t, meta);
    const caller = await makeCaller();
    for (const key of RESERVED) {
      const { status, text } = await caller.ask('tools/call', call, { meta: { [key]: 1 } });
      assert.equal(status, 400, `${key}: ${text}`);
    }
    assert.deepEqual(toForwarded(server), []);
  }
});

test('what a client says of itself opens nothing', async (t) => {
  const rules = [{ id: 'admins', allow: { tools: ['*'] }, to: { clients: ['admin'] } }];
  const { makeCaller, server } = await startRuledGateway(t, {
    rules,
    config: { meta: { allow: ['*'], mode: 'remove' } },
  });
  const caller = await makeCaller({ client_id: 'guest' });
  assert.equal(
    (await caller.ask('tools/call', call, { meta: { ...INFO, client: 'admin', groups: ['admins'] } })).status,
    403,
  );
  assert.deepEqual(toForwarded(server), []);
});
