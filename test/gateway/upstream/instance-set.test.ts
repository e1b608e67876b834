// How the set of instances follows the configuration and DNS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../../../gateway/upstream/instance.ts';
import type { InstanceSet } from '../../../gateway/upstream/instance-set.ts';
import { makeInstanceSet } from '../../../gateway/upstream/instance-set.ts';
import type { FakeTimeline } from './fake-timeline.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { makeSettings } from './make-settings.ts';

const REFRESH_MS = 10_000;

interface Zone {
  readonly timeline: FakeTimeline;
  readonly set: InstanceSet;
  readonly events: string[];
  readonly questions: string[];
  /** What the name stands for now; an error is a failing name server. */
  answer: readonly string[] | Error;
}

function makeZone(answer: Zone['answer'], random = 0.5): Zone {
  const timeline = makeFakeTimeline(0);
  const events: string[] = [];
  const questions: string[] = [];
  const zone: Zone = {
    timeline,
    events,
    questions,
    answer,
    set: makeInstanceSet({
      settings: makeSettings({ source: { kind: 'dns', url: 'http://weather:3000/mcp', refreshMs: REFRESH_MS } }),
      async resolve(hostname) {
        questions.push(`${hostname} at ${timeline.now()}`);
        if (zone.answer instanceof Error) throw zone.answer;
        return zone.answer;
      },
      random: () => random,
      startTimer: timeline.startTimer,
      onJoin: ({ label }) => events.push(`join ${label}`),
      onLeave: ({ label }) => events.push(`leave ${label}`),
      onChange: () => events.push('change'),
      onFailure: (cause) => events.push(`failure: ${(cause as Error).message}`),
    }),
  };
  return zone;
}

const getLabels = (instances: readonly Instance[]): string => instances.map(({ label }) => label).join(' ');

const unexpected = (): never => assert.fail('nothing else may happen');

test('a fixed list is there at once, in its order, and needs no timer', async () => {
  const timeline = makeFakeTimeline();
  const joined: string[] = [];
  const set = makeInstanceSet({
    settings: makeSettings({ source: { kind: 'fixed', instances: ['http://b:1/mcp', 'http://a:2/mcp'] } }),
    resolve: unexpected,
    random: () => 0,
    startTimer: timeline.startTimer,
    onJoin: ({ label }) => joined.push(label),
    onLeave: unexpected,
    onChange: unexpected,
    onFailure: unexpected,
  });
  assert.equal(getLabels(set.current), 'b:1 a:2');
  assert.deepEqual(
    set.current.map(({ index }) => index),
    [0, 1],
  );
  await set.start();
  assert.deepEqual(joined, ['b:1', 'a:2']);
  assert.equal(timeline.pending, 0);
});

test('every address of a name is an instance, sorted, each once', async () => {
  const { set, events, questions } = makeZone(['10.0.0.2', '10.0.0.1', '10.0.0.2']);
  assert.deepEqual(set.current, []);
  await set.start();
  assert.equal(getLabels(set.current), '10.0.0.1:3000 10.0.0.2:3000');
  assert.deepEqual(events, ['join 10.0.0.1:3000', 'join 10.0.0.2:3000', 'change']);
  assert.deepEqual(questions, ['weather at 0']);
});

test('an address that stays keeps its instance, also when the answer comes in another order', async () => {
  const zone = makeZone(['10.0.0.1', '10.0.0.2']);
  await zone.set.start();
  const before = zone.set.current;
  zone.answer = ['10.0.0.2', '10.0.0.1'];
  await zone.timeline.advance(REFRESH_MS);
  assert.equal(zone.set.current, before);
  zone.answer = ['10.0.0.3', '10.0.0.2'];
  await zone.timeline.advance(REFRESH_MS);
  assert.equal(zone.set.current[0], before[1]);
  assert.equal(getLabels(zone.set.current), '10.0.0.2:3000 10.0.0.3:3000');
  assert.deepEqual(zone.events.slice(3), ['leave 10.0.0.1:3000', 'join 10.0.0.3:3000', 'change']);
});

test('an index that became free is used again, so that metrics do not grow with every deployment', async () => {
  const zone = makeZone(['10.0.0.1', '10.0.0.2']);
  await zone.set.start();
  for (let last = 3; last < 30; last += 1) {
    zone.answer = [`10.0.0.${last}`, '10.0.0.2'];
    await zone.timeline.advance(REFRESH_MS);
    assert.deepEqual(new Set(zone.set.current.map(({ index }) => index)), new Set([0, 1]));
  }
});

test('an address that is gone is drained, not cut', async () => {
  const zone = makeZone(['10.0.0.1', '10.0.0.2']);
  await zone.set.start();
  const [gone] = zone.set.current;
  assert(gone !== undefined);
  gone.begin();
  zone.answer = ['10.0.0.2'];
  await zone.timeline.advance(REFRESH_MS);
  assert(!zone.set.current.includes(gone) && zone.set.all.includes(gone));
  assert(!gone.calls.closed && !gone.streams.closed);
  gone.end();
  await gone.close();
  assert(gone.calls.destroyed && gone.streams.destroyed);
  await zone.timeline.advance(0);
  assert.deepEqual(zone.set.all, zone.set.current);
});

test('an address that comes back while it is drained is a new instance', async () => {
  const zone = makeZone(['10.0.0.1', '10.0.0.2']);
  await zone.set.start();
  const [gone] = zone.set.current;
  assert(gone !== undefined);
  gone.begin();
  zone.answer = ['10.0.0.2'];
  await zone.timeline.advance(REFRESH_MS);
  zone.answer = ['10.0.0.1', '10.0.0.2'];
  await zone.timeline.advance(REFRESH_MS);
  assert(!zone.set.current.includes(gone));
  assert.equal(zone.set.current.length, 2);
  gone.end();
  await gone.close();
});

for (const [what, answer, message] of [
  ['failing', new Error('SERVFAIL'), 'SERVFAIL'],
  ['empty', [], 'The name has no address.'],
] as const) {
  test(`a ${what} answer keeps the last good set and is reported`, async () => {
    const zone = makeZone(['10.0.0.1']);
    await zone.set.start();
    const before = zone.set.current;
    zone.answer = answer;
    await zone.timeline.advance(REFRESH_MS);
    assert.equal(zone.set.current, before);
    assert.deepEqual(zone.events.slice(2), [`failure: ${message}`]);
    zone.answer = ['10.0.0.1', '10.0.0.2'];
    await zone.timeline.advance(REFRESH_MS);
    assert.equal(zone.set.current.length, 2);
  });
}

test('the start waits for the first answer, and does not fail with it', async () => {
  const zone = makeZone(new Error('no name server'));
  await zone.set.start();
  assert.deepEqual(zone.events, ['failure: no name server']);
  assert.deepEqual(zone.set.current, []);
});

test('while there is no instance at all, the name is asked for every second', async () => {
  const zone = makeZone(new Error('no name server'));
  await zone.set.start();
  await zone.timeline.advance(2_000);
  zone.answer = ['10.0.0.1'];
  await zone.timeline.advance(1_000);
  assert.equal(getLabels(zone.set.current), '10.0.0.1:3000');
  assert.equal(zone.questions.length, 4);
  await zone.timeline.advance(REFRESH_MS - 1);
  assert.equal(zone.questions.length, 4);
});

test('refreshes vary by a tenth around their interval', async () => {
  for (const [random, second] of [
    [0, 'weather at 9000'],
    [0.5, 'weather at 10000'],
    [0.75, 'weather at 10500'],
  ] as const) {
    const zone = makeZone(['10.0.0.1'], random);
    await zone.set.start();
    await zone.timeline.advance(11_000);
    assert.deepEqual(zone.questions, ['weather at 0', second]);
    zone.set.stop();
  }
});

test('a stopped set asks no more, and does not heed an answer that comes late', async () => {
  const zone = makeZone(['10.0.0.1']);
  const starting = zone.set.start();
  zone.set.stop();
  await starting;
  assert.deepEqual(zone.set.current, []);
  assert.equal(zone.timeline.pending, 0);

  const other = makeZone(['10.0.0.1']);
  await other.set.start();
  other.set.stop();
  assert.equal(other.timeline.pending, 0);
});
