// Handles: a value that a tool gave out comes back to the tools it is for, from the caller it was given to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../gateway/mcp/edits.ts';
import { compileHandles, type HandleSettings } from '../../../gateway/sealing/handles.ts';
import { makeHandleSealer, openHandles } from '../../../gateway/sealing/seal-handles.ts';
import { type AskingParts, judge, makeAsking, makeTestSeals, type SealsUnderTest } from './sealing-under-test.ts';

const BASKET: HandleSettings = {
  tool: '*_basket',
  endpoint: undefined,
  result: '/structuredContent/basketId',
  opens: [{ tool: '*_basket', argument: '/basketId' }],
  bind: { by: 'principal' },
  ttlMs: 1000,
  required: true,
};
const INVOICE: HandleSettings = { ...BASKET, tool: 'bill', opens: [{ tool: 'pay', argument: '/basketId' }] };

const call = (name: string, args: string, parts: AskingParts = {}) =>
  makeAsking({ name, params: [['arguments', args]], ...parts });

function seal(seals: SealsUnderTest, settings: HandleSettings, literal: string, parts: AskingParts = {}): string {
  const tool = settings.tool.replace('*', 'create');
  const [rule] = compileHandles([settings], '/mcp').findSealed(tool);
  assert.ok(rule !== undefined);
  return makeHandleSealer(makeAsking(parts), rule, { seals, tool }).seal(Buffer.from(literal)) ?? '';
}

/** The arguments that go upstream, or why they do not. */
async function send(
  seals: SealsUnderTest,
  settings: readonly HandleSettings[],
  asking: ReturnType<typeof call>,
): Promise<string> {
  let sent = '';
  const verdict = await judge(() => {
    const { edits } = openHandles(asking, compileHandles(settings, asking.endpoint.path), seals);
    sent = /"arguments":(.*),"_meta"/.exec(applyEdits(asking.body, edits).toString())?.[1] ?? '';
  });
  return verdict === 'accepted' ? sent : verdict;
}

test('any literal but null is sealed, and comes back as the upstream wrote it', async () => {
  const seals = makeTestSeals();
  await fc.assert(
    fc.asyncProperty(fc.json(), async (literal) => {
      const sealed = seal(seals, BASKET, literal);
      assert.equal(
        await send(seals, [BASKET], call('fill_basket', `{"basketId":"${sealed}","n":1}`)),
        `{"basketId":${literal},"n":1}`,
      );
    }),
  );
});

test('what was opened is told, for headers that repeat it', () => {
  const seals = makeTestSeals();
  const sealed = seal(seals, BASKET, '9007199254740993');
  const handles = compileHandles([BASKET], '/mcp');
  const { replaced, opened } = openHandles(call('fill_basket', `{"basketId":"${sealed}"}`), handles, seals);
  assert.deepEqual([replaced, opened], [[{ sealed, literal: '9007199254740993' }], 1]);
});

for (const [what, args, verdict] of [
  ['an unsealed text', '{"basketId":"b1"}', 'state_invalid: handle'],
  ['an unsealed number', '{"basketId":1}', 'state_invalid: handle'],
  ['an unsealed object', '{"basketId":{"id":1}}', 'state_invalid: handle'],
  ['an unsealed list', '{"basketId":["b1"]}', 'state_invalid: handle'],
  ['false', '{"basketId":false}', 'state_invalid: handle'],
  ['an escaped name', '{"basket\\u0049d":"b1"}', 'state_invalid: handle'],
  ['a name that lenient readers take for it', '{"BasketID":"b1"}', 'state_invalid: handle'],
  ['null', '{"basketId":null}', '{"basketId":null}'],
  ['nothing', '{}', '{}'],
  ['the name deeper down', '{"a":{"basketId":"b1"}}', '{"a":{"basketId":"b1"}}'],
] as const) {
  test(`where a seal is required, ${what}: ${verdict}`, async () => {
    assert.equal(await send(makeTestSeals(), [BASKET], call('fill_basket', args)), verdict);
  });
}

test('where no seal is required, other values pass, but no seal that does not open', async () => {
  const seals = makeTestSeals();
  const settings = [{ ...BASKET, required: false }];
  for (const value of ['"b1"', '1', '{"id":1}', '"eyJ"']) {
    const args = `{"basketId":${value}}`;
    assert.equal(await send(seals, settings, call('fill_basket', args)), args);
  }
  const sealed = seal(seals, BASKET, '"b1"');
  assert.equal(await send(seals, settings, call('fill_basket', `{"basketId":"${sealed}"}`)), '{"basketId":"b1"}');
  for (const spoiled of [sealed.slice(0, -1), `${sealed}A`, sealed.slice(0, 60)]) {
    assert.equal(
      await send(seals, settings, call('fill_basket', `{"basketId":"${spoiled}"}`)),
      'state_invalid: handle',
    );
  }
});

test('a handle of one kind is none of another kind, though both are the same caller’s', async () => {
  const seals = makeTestSeals();
  const settings = [BASKET, INVOICE];
  const pay = (sealed: string) => send(seals, settings, call('pay', `{"basketId":"${sealed}"}`));
  assert.equal(await pay(seal(seals, INVOICE, '"i1"')), '{"basketId":"i1"}');
  assert.equal(await pay(seal(seals, BASKET, '"b1"')), 'state_invalid: handle');
});

test('one place may take handles of two kinds', async () => {
  const seals = makeTestSeals();
  const settings = [BASKET, { ...INVOICE, opens: [{ tool: 'fill_*', argument: '/basketId' }] }];
  for (const each of [BASKET, INVOICE]) {
    const args = `{"basketId":"${seal(seals, each, '"x"')}"}`;
    assert.equal(await send(seals, settings, call('fill_basket', args)), '{"basketId":"x"}');
  }
});

test('several places of one call are opened each', async () => {
  const seals = makeTestSeals();
  const opens = ['/a~1b', '/list/1', '/deep/m~0n'].map((argument) => ({ tool: 'merge', argument }));
  const settings = [{ ...BASKET, opens }];
  const [a, b, c] = ['"a"', '2', '[3]'].map((literal) => seal(seals, BASKET, literal));
  const args = `{"a/b":"${a}","list":["x","${b}"],"deep":{"m~n":"${c}"}}`;
  assert.equal(await send(seals, settings, call('merge', args)), '{"a/b":"a","list":["x",2],"deep":{"m~n":[3]}}');
});

test('a handle bound to the principal is that user’s, through any client, on this endpoint, for its life', async () => {
  const seals = makeTestSeals();
  const args = `{"basketId":"${seal(seals, BASKET, '"b1"')}"}`;
  const ask = (parts: AskingParts) => send(seals, [BASKET], call('fill_basket', args, parts));
  assert.equal(await ask({ principal: { client: 'phone', claims: { tenant: 'x' } } }), '{"basketId":"b1"}');
  for (const parts of [
    { principal: { subject: 'bob' } },
    { principal: { issuer: 'https://other.example' } },
    { principal: { kind: 'anonymous' as const } },
    { path: '/other' },
  ]) {
    assert.equal(await ask(parts), 'state_invalid: handle');
  }
  seals.advance(1000);
  assert.equal(await ask({}), 'state_invalid: handle');
});

test('a handle bound to a claim is for all of the same issuer who have it', async () => {
  const seals = makeTestSeals();
  const settings: HandleSettings = { ...BASKET, bind: { by: 'claim', claim: 'org.tenant' } };
  const acme = { claims: { org: { tenant: 'acme' } } };
  const args = `{"basketId":"${seal(seals, settings, '"b1"', { principal: acme })}"}`;
  const ask = (principal: AskingParts['principal']) =>
    send(seals, [settings], call('fill_basket', args, { principal: principal ?? {} }));
  assert.equal(await ask({ ...acme, subject: 'bob' }), '{"basketId":"b1"}');
  assert.equal(await ask({ claims: { 'org.tenant': 'acme' } }), '{"basketId":"b1"}');
  for (const principal of [
    { ...acme, issuer: 'https://other.example' },
    { claims: { org: { tenant: 'Acme' } } },
    { claims: { org: { tenant: ['acme'] } } },
    { claims: {} },
  ]) {
    assert.equal(await ask(principal), 'state_invalid: handle');
  }
});

test('claims of different kinds are different, and who lacks the claim shares with nobody', async () => {
  const seals = makeTestSeals();
  const settings: HandleSettings = { ...BASKET, bind: { by: 'claim', claim: 'tenant' } };
  const ask = (sealed: string, principal: AskingParts['principal']) =>
    send(seals, [settings], call('fill_basket', `{"basketId":"${sealed}"}`, { principal: principal ?? {} }));
  const one = seal(seals, settings, '"b1"', { principal: { claims: { tenant: 1 } } });
  assert.equal(await ask(one, { claims: { tenant: '1' } }), 'state_invalid: handle');
  const none = seal(seals, settings, '"b1"', { principal: { claims: {} } });
  assert.equal(await ask(none, { claims: {}, client: 'phone' }), '{"basketId":"b1"}');
  assert.equal(await ask(none, { claims: {}, subject: 'bob' }), 'state_invalid: handle');
  assert.equal(await ask(none, { claims: { tenant: 'alice' } }), 'state_invalid: handle');
});

test('endpoints and tools are chosen by glob', () => {
  const settings = [{ ...BASKET, endpoint: '/shop/*' }];
  assert.equal(compileHandles(settings, '/shop/mcp').findSealed('create_basket').length, 1);
  assert.equal(compileHandles(settings, '/mcp').findSealed('create_basket').length, 0);
  const shop = compileHandles(settings, '/shop/mcp');
  assert.equal(shop.findSealed('create').length, 0);
  assert.equal(shop.findOpened('fill_basket').length, 1);
  assert.equal(shop.findOpened('pay').length, 0);
  assert.equal(shop.findOpened('constructor').length, 0);
});

test('other methods have no handles', () => {
  const asking = makeAsking({
    method: 'prompts/get',
    name: 'fill_basket',
    params: [['arguments', '{"basketId":"b1"}']],
  });
  assert.equal(openHandles(asking, compileHandles([BASKET], '/mcp'), makeTestSeals()).opened, 0);
});
