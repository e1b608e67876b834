// `requestState`: what an upstream hands out comes back to it byte for byte, from the same caller with the same request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../gateway/mcp/edits.ts';
import type { Asking } from '../../../gateway/sealing/binding.ts';
import type { Seals } from '../../../gateway/sealing/seals.ts';
import { makeStateSealer, type OpenedState, openState, type StateSettings } from '../../../gateway/sealing/state.ts';
import type { Members } from '../mcp/make-request.ts';
import { judge, makeAsking, makeTestSeals } from './sealing-under-test.ts';

const SETTINGS: StateSettings = { ttlMs: 900_000, bindArguments: true, singleUse: false, maxResponsesBytes: 1000 };
const ARGUMENTS: Members = [['arguments', '{"city":"Oslo","days":3}']];

function seal(asking: Asking, seals: Seals, literal: string, settings = SETTINGS): string {
  return makeStateSealer(asking, { seals, settings }, 'weather').seal(Buffer.from(literal)) ?? '';
}

function open(asking: Asking, seals: Seals, settings = SETTINGS): OpenedState {
  return openState(asking, { seals, settings });
}

const bring = (sealed: string, params: Members = ARGUMENTS): Members => [
  ['requestState', JSON.stringify(sealed)],
  ...params,
];

test('the upstream gets its own literal back, byte for byte', () => {
  const seals = makeTestSeals();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.boolean(), (text, escaped) => {
      const literal = escaped
        ? JSON.stringify(text).replace(/[a-z0-9]/, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
        : JSON.stringify(text);
      const sealed = seal(makeAsking({ params: ARGUMENTS }), seals, literal);
      const second = makeAsking({ params: bring(sealed) });
      const { edits, opened, upstream } = open(second, seals);
      assert.deepEqual([opened, upstream], [1, 'weather']);
      const sent = second.body.toString();
      assert.equal(
        applyEdits(second.body, edits).toString(),
        sent.replace(JSON.stringify(sealed), () => literal),
      );
    }),
  );
});

test('a request without state is left alone', () => {
  const { edits, opened, upstream } = open(makeAsking({ params: ARGUMENTS }), makeTestSeals());
  assert.deepEqual([edits, opened, upstream], [[], 0, undefined]);
});

test('words inside arguments are not the state', () => {
  const asking = makeAsking({ params: [['arguments', '{"requestState":"raw","inputResponses":1}']] });
  assert.equal(open(asking, makeTestSeals()).opened, 0);
});

for (const [method, name] of [
  ['tools/call', 'weather'],
  ['prompts/get', 'greet'],
  ['resources/read', 'file:///a b'],
] as const) {
  test(`${method} brings its state back`, () => {
    const seals = makeTestSeals();
    const sealed = seal(makeAsking({ method, name }), seals, '"s"');
    assert.equal(open(makeAsking({ method, name, params: bring(sealed, []) }), seals).opened, 1);
  });
}

for (const method of [
  'tools/list',
  'server/discover',
  'completion/complete',
  'subscriptions/listen',
  'tasks/get',
  'tasks/cancel',
]) {
  test(`${method} can bring neither state nor responses`, async () => {
    const seals = makeTestSeals();
    const sealed = seal(makeAsking({ method }), seals, '"s"');
    for (const name of ['"requestState"', '"request\\u0053tate"', '"\\u0072equestState"']) {
      const asking = makeAsking({ method, params: [[name, `"${sealed}"`]] });
      assert.equal(await judge(() => open(asking, seals)), 'bad_params: state_misplaced');
    }
    for (const name of ['"inputResponses"', '"\\u0069nputResponses"']) {
      const asking = makeAsking({ method, params: [[name, '{}']] });
      assert.equal(await judge(() => open(asking, seals)), 'bad_params: responses_misplaced');
    }
  });
}

test('tasks/update brings responses, but no state', async () => {
  const seals = makeTestSeals();
  const ask = (params: Members) => judge(() => open(makeAsking({ method: 'tasks/update', params }), seals));
  assert.equal(await ask([['inputResponses', '{}']]), 'accepted');
  assert.equal(await ask([['requestState', '""']]), 'bad_params: state_misplaced');
});

test('an escaped name does not carry a raw state past the gateway', async () => {
  const asking = makeAsking({ params: [['"request\\u0053tate"', '"raw"']] });
  assert.equal(await judge(() => open(asking, makeTestSeals())), 'state_invalid: state');
});

const respond = (bytes: number) => makeAsking({ params: [['inputResponses', `{"a":"${'x'.repeat(bytes - 8)}"}`]] });

test('responses may be as large as the limit and no larger', async () => {
  assert.equal(await judge(() => open(respond(1000), makeTestSeals())), 'accepted');
  assert.equal(await judge(() => open(respond(1001), makeTestSeals())), 'bad_params: responses_size');
});

test('a state that was never sealed is refused', async () => {
  for (const raw of ['', 'raw', 'eyJhbGciOiJkaXIifQ....', '.'.repeat(70_000)]) {
    const asking = makeAsking({ params: bring(raw) });
    assert.equal(await judge(() => open(asking, makeTestSeals())), 'state_invalid: state');
  }
});

test('arguments spelled differently are the same arguments', () => {
  const seals = makeTestSeals();
  const sealed = seal(makeAsking({ params: ARGUMENTS }), seals, '"s"');
  const respelled: Members = [['arguments', '{ "days" : 3.0, "c\\u0069ty":"\\u004fslo" }']];
  assert.equal(open(makeAsking({ params: bring(sealed, respelled) }), seals).opened, 1);
});

test('without bindArguments the state is good for other arguments of the same tool', async () => {
  const seals = makeTestSeals();
  const settings = { ...SETTINGS, bindArguments: false };
  const sealed = seal(makeAsking({ params: ARGUMENTS }), seals, '"s"', settings);
  assert.equal(open(makeAsking({ params: bring(sealed, []) }), seals, settings).opened, 1);
  const other = makeAsking({ name: 'other', params: bring(sealed, []) });
  assert.equal(await judge(() => open(other, seals, settings)), 'state_invalid: state');
});

test('without singleUse a state opens again and again', () => {
  const seals = makeTestSeals();
  const second = makeAsking({ params: bring(seal(makeAsking({ params: ARGUMENTS }), seals, '"s"')) });
  assert.deepEqual(open(second, seals), open(second, seals));
});

test('with singleUse a state says what must be claimed before it counts, without it nothing', async () => {
  const seals = makeTestSeals();
  const settings = { ...SETTINGS, singleUse: true };
  const [one = '', other = ''] = ['"s"', '"s"'].map((text) => seal(makeAsking({ params: ARGUMENTS }), seals, text));
  seals.advance(1000);
  const claimOf = (sealed: string) => open(makeAsking({ params: bring(sealed) }), seals, settings).claim;
  assert.deepEqual(claimOf(one), claimOf(one), 'the same state is the same claim');
  assert.notEqual(claimOf(one)?.key, claimOf(other)?.key);
  assert.equal(claimOf(one)?.ttlMs, 899_000);
  assert.equal(open(makeAsking({ params: bring(one) }), seals).claim, undefined);
  const broken = judge(() => openState(makeAsking({ params: bring(one.slice(0, -1)) }), { seals, settings }));
  // What does not open claims nothing: a flood of it cannot fill the store.
  assert.equal(await broken, 'state_invalid: state');
});

test('a state too long to come back is not sealed', () => {
  const sealer = makeStateSealer(makeAsking(), { seals: makeTestSeals(), settings: SETTINGS }, 'weather');
  assert.equal(sealer.seal(Buffer.from(`"${'x'.repeat(50_000)}"`)), undefined);
  assert.ok((sealer.seal(Buffer.from(`"${'x'.repeat(48_000)}"`))?.length ?? 0) <= 65_536);
});
