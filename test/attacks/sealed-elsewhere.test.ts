// The attacker has a seal as it was given out, to him or to somebody else, and brings it where it is not good: as another caller,
// on another endpoint, for another request, too late, or after its key was taken away. All get the same refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import type { Asking } from '../../gateway/sealing/binding.ts';
import type { Seals } from '../../gateway/sealing/seals.ts';
import { makeStateSealer, openState } from '../../gateway/sealing/state.ts';
import { makeTaskSealer, openTask } from '../../gateway/sealing/task.ts';
import { type AskingParts, makeAsking, makeKey, makeTestSeals } from '../gateway/sealing/sealing-under-test.ts';

const SETTINGS = { ttlMs: 900_000, bindArguments: true, singleUse: false, maxResponsesBytes: 1000 };
const ARGUMENTS = '{"city":"Oslo","ids":[9007199254740993]}';

function sealState(asking: Asking, seals: Seals): string {
  return makeStateSealer(asking, { seals, settings: SETTINGS }, 'weather').seal(Buffer.from('"page 3"')) ?? '';
}

function sealTask(asking: Asking, seals: Seals): string {
  const origin = { seals, longestLifeMs: 1000, upstream: 'weather', instance: undefined, tool: 'weather' };
  return makeTaskSealer(asking, origin).seal(Buffer.from('"t1"'), 1000) ?? '';
}

/** The first round, or with a state the second one. */
function ask(parts: AskingParts & { readonly args?: string | undefined }, sealed?: string): Asking {
  const { args = ARGUMENTS, ...rest } = parts;
  const given: [string, string][] = rest.method === 'resources/read' ? [] : [['arguments', args]];
  return makeAsking({
    ...rest,
    params: sealed === undefined ? given : [...given, ['requestState', JSON.stringify(sealed)]],
  });
}

/** The whole refusal, as one text. */
function findRefusal(asking: Asking, seals: Seals): string {
  try {
    openState(asking, { seals, settings: SETTINGS });
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return JSON.stringify([error.kind, error.row, error.detail, error.idLiteral]);
  }
}

const REFUSED = findRefusal(ask({}, 'never sealed'), makeTestSeals());

test('the caller and request it was given for get it opened', () => {
  const seals = makeTestSeals();
  assert.equal(findRefusal(ask({}, sealState(ask({}), seals)), seals), 'accepted');
});

test('the refusal is of its own kind and says nothing about which check failed', () => {
  assert.match(REFUSED, /^\["state_invalid",\{"status":400,"code":-32602,/);
  assert.match(REFUSED, /,\{"reason":"state"\}\]$|,\{"reason":"state"\},null\]$/);
});

for (const [what, parts] of [
  ['another subject', { principal: { subject: 'bob' } }],
  ['the same subject of another issuer', { principal: { issuer: 'https://login.example.org' } }],
  ['another client of the same subject', { principal: { client: 'app' } }],
  [
    'issuer and subject that only together read the same',
    { principal: { issuer: 'https://login.example.comal', subject: 'ice' } },
  ],
  [
    'a subject with what stands between the parts',
    { principal: { issuer: 'https://login.example.com","alice', subject: 'cli' } },
  ],
  ['an anonymous caller', { principal: { kind: 'anonymous', issuer: '', subject: '', client: '' } }],
  ['an anonymous caller of the same names', { principal: { kind: 'anonymous' } }],
  ['another endpoint', { path: '/other/mcp' }],
  ['another tool', { name: 'forecast' }],
  ['a tool whose name only begins the same', { name: 'weather_' }],
  ['another method with the same name', { method: 'prompts/get', name: 'weather' }],
  ['other arguments', { args: '{"city":"Rome","ids":[9007199254740993]}' }],
  ['an argument that only a double takes for the same', { args: '{"city":"Oslo","ids":[9007199254740992]}' }],
  ['an argument of another type', { args: '{"city":"Oslo","ids":["9007199254740993"]}' }],
  ['one argument more', { args: '{"city":"Oslo","ids":[9007199254740993],"admin":true}' }],
  ['one argument less', { args: '{"city":"Oslo"}' }],
  ['an argument of another case', { args: '{"City":"Oslo","ids":[9007199254740993]}' }],
  ['arguments in another order of a list', { args: '{"city":"Oslo","ids":[[9007199254740993]]}' }],
] as const) {
  test(`state taken to ${what} is refused like one that never was`, () => {
    const seals = makeTestSeals();
    const [own, foreign] = [ask({}), ask(parts)];
    // Both ways: the attacker may be either of the two.
    assert.equal(findRefusal(ask(parts, sealState(own, seals)), seals), REFUSED);
    assert.equal(findRefusal(ask({}, sealState(foreign, seals)), seals), REFUSED);
  });
}

test('state of one method is none of another, though all else is equal', () => {
  const seals = makeTestSeals();
  for (const [method, other] of [
    ['resources/read', 'tools/call'],
    ['resources/read', 'prompts/get'],
    ['prompts/get', 'tools/call'],
  ] as const) {
    const sealed = sealState(makeAsking({ method, name: 'weather' }), seals);
    const bring = (by: string): Asking =>
      makeAsking({ method: by, name: 'weather', params: [['requestState', JSON.stringify(sealed)]] });
    assert.equal(findRefusal(bring(method), seals), 'accepted');
    assert.equal(findRefusal(bring(other), seals), REFUSED);
  }
});

test('names that differ only in a broken surrogate are two names', () => {
  const seals = makeTestSeals();
  const sealed = sealState(ask({ principal: { subject: 'a\ud800' } }), seals);
  assert.equal(findRefusal(ask({ principal: { subject: 'a\ud801' } }, sealed), seals), REFUSED);
});

test('state is refused from the millisecond on in which it ends', () => {
  const seals = makeTestSeals();
  const sealed = sealState(ask({}), seals);
  seals.advance(SETTINGS.ttlMs - 1);
  assert.equal(findRefusal(ask({}, sealed), seals), 'accepted');
  seals.advance(1);
  assert.equal(findRefusal(ask({}, sealed), seals), REFUSED);
});

test('state is refused once its key was rotated out, and by a gateway with other keys', () => {
  const sealed = sealState(ask({}), makeTestSeals([makeKey('k1')]));
  const retired = makeTestSeals([makeKey('k2'), makeKey('k1', { openOnly: true })]);
  assert.equal(findRefusal(ask({}, sealed), retired), 'accepted');
  for (const keys of [[makeKey('k2')], [makeKey('k1', { secret: makeKey('k2').secret })]]) {
    assert.equal(findRefusal(ask({}, sealed), makeTestSeals(keys)), REFUSED);
  }
});

test('a seal of one purpose is none of another', () => {
  const seals = makeTestSeals();
  const asking = ask({});
  assert.equal(findRefusal(ask({}, sealTask(asking, seals)), seals), REFUSED);
  assert.equal(openTask(sealState(asking, seals), asking, seals), undefined);
});

for (const [what, parts] of [
  ['another subject', { principal: { subject: 'bob' } }],
  ['another issuer', { principal: { issuer: 'https://login.example.org' } }],
  ['another client', { principal: { client: 'app' } }],
  ['an anonymous caller', { principal: { kind: 'anonymous' } }],
  ['another endpoint', { path: '/other/mcp' }],
] as const) {
  test(`a task id taken to ${what} is as unknown as any text`, () => {
    const seals = makeTestSeals();
    const sealed = sealTask(ask({}), seals);
    assert.equal(openTask(sealed, ask({}), seals)?.id, 't1');
    assert.equal(openTask(sealed, ask(parts), seals), undefined);
    assert.equal(openTask(sealTask(ask(parts), seals), ask({}), seals), undefined);
  });
}
