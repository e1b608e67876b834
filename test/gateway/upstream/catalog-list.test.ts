// What is known of a list by name: when it is read, who waits, and what stays known.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogList } from '../../../gateway/upstream/catalog-list.ts';
import type { ListEnd } from '../../../gateway/upstream/fetch-list.ts';
import { type FakeTimeline, makeFakeTimeline } from './fake-timeline.ts';

interface Shelf {
  readonly list: CatalogList<string, string>;
  readonly timeline: FakeTimeline;
  /** The callers of all readings that began. */
  readonly readings: (string | undefined)[];
  /** What the next readings find, and how they end. */
  names: readonly string[];
  end: ListEnd;
  /** Set: readings wait until it is called. */
  hold: Promise<void> | undefined;
}

const WHOLE: ListEnd = { outcome: 'whole', ttlMs: 60_000 };
const FAILED: ListEnd = { outcome: 'failed', ttlMs: undefined };

function makeShelf(groups = 1, random = 0): Shelf {
  const timeline = makeFakeTimeline();
  const shelf: Shelf = {
    timeline,
    readings: [],
    names: ['a', 'b'],
    end: WHOLE,
    hold: undefined,
    list: new CatalogList<string, string>({
      async fetch(caller, onItem) {
        shelf.readings.push(caller);
        await shelf.hold;
        const reading = shelf.readings.length;
        for (const name of shelf.names) onItem(name, `${name}${reading}`);
        return shelf.end;
      },
      groups,
      groupOf: (caller) => (caller === undefined ? 0 : Number(caller) % groups),
      now: timeline.now,
      random: () => random,
    }),
  };
  return shelf;
}

test('a name that is known is given at once, and read for once when it is not', async () => {
  const { list, readings } = makeShelf();
  assert.equal(list.find('a'), undefined);
  assert.equal(await list.require('a', '0'), 'a1');
  assert.equal(list.require('b', '0'), 'b1');
  assert.equal(list.find('a'), 'a1');
  assert.equal(readings.length, 1);
});

test('all who ask for unknown names meanwhile wait for one reading', async () => {
  const shelf = makeShelf();
  const { promise, resolve } = Promise.withResolvers<void>();
  shelf.hold = promise;
  const asked = ['a', 'b', 'c', 'd'].map(async (name) => shelf.list.require(name, '0'));
  const judged = shelf.list.judge('c', '0');
  const refreshed = shelf.list.refresh('0');
  resolve();
  assert.deepEqual(await Promise.all(asked), ['a1', 'b1', undefined, undefined]);
  assert.equal(await judged, 'absent');
  await refreshed;
  assert.equal(shelf.readings.length, 1);
});

test('a flood of unknown names costs one reading in ten seconds', async () => {
  const { list, timeline, readings } = makeShelf();
  await list.require('c', '0');
  for (let at = 0; at < 1000; at++) assert.equal(list.require(`c${at}`, '0'), undefined);
  await timeline.advance(9_999);
  assert.equal(list.require('c', '0'), undefined);
  await timeline.advance(1);
  assert.ok(list.require('c', '0') instanceof Promise);
  assert.ok(list.require('d', '0') instanceof Promise);
  await timeline.advance(0);
  assert.equal(readings.length, 2);
});

test('a name is absent only where the whole list was read just now', async () => {
  const shelf = makeShelf();
  assert.equal(await shelf.list.judge('a', '0'), 'known');
  assert.equal(shelf.list.judge('c', '0'), 'absent');
  shelf.end = { outcome: 'partial', ttlMs: 0 };
  await shelf.timeline.advance(10_000);
  assert.equal(await shelf.list.judge('c', '0'), 'unsure');
  assert.equal(shelf.list.judge('c', '0'), 'unsure');
  assert.equal(shelf.list.judge('a', '0'), 'known');
  shelf.end = FAILED;
  await shelf.timeline.advance(10_000);
  assert.equal(await shelf.list.judge('c', '0'), 'unsure');
  assert.equal(shelf.list.isWhole('0'), false);
});

test('what a whole reading does not show is gone, in one step', async () => {
  const shelf = makeShelf();
  await shelf.list.refresh(undefined);
  shelf.names = ['b', 'c'];
  await shelf.timeline.advance(10_000);
  const reading = shelf.list.refresh(undefined);
  assert.equal(shelf.list.find('a'), 'a1');
  assert.equal(shelf.list.find('c'), undefined);
  await reading;
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => shelf.list.find(name)),
    [undefined, 'b2', 'c2'],
  );
});

test('a reading that is not whole, or fails, takes nothing away', async () => {
  const shelf = makeShelf();
  await shelf.list.refresh(undefined);
  for (const end of [{ outcome: 'partial', ttlMs: undefined } as const, FAILED]) {
    shelf.names = [];
    shelf.end = end;
    await shelf.timeline.advance(60_000);
    await shelf.list.refresh(undefined);
    assert.equal(shelf.list.find('a'), 'a1');
  }
  assert.equal(shelf.readings.length, 3);
});

test('a relayed list adds and changes items, and takes none away', async () => {
  const shelf = makeShelf();
  await shelf.list.refresh(undefined);
  shelf.list.learn('a', 'new');
  shelf.list.learn('hidden', 'mine');
  assert.deepEqual(
    ['a', 'b', 'hidden'].map((name) => shelf.list.find(name)),
    ['new', 'b1', 'mine'],
  );
});

test('what only a relayed list showed outlives whole readings for an hour', async () => {
  const shelf = makeShelf();
  shelf.list.learn('hidden', 'mine');
  await shelf.list.refresh(undefined);
  assert.equal(shelf.list.find('hidden'), 'mine');
  await shelf.timeline.advance(3_599_999);
  shelf.list.learn('hidden', 'again');
  await shelf.timeline.advance(3_599_999);
  await shelf.list.refresh(undefined);
  assert.equal(shelf.list.find('hidden'), 'again');
  await shelf.timeline.advance(10_000);
  await shelf.list.refresh(undefined);
  assert.equal(shelf.list.find('hidden'), undefined);
  assert.equal(shelf.list.find('a'), 'a3');
});

for (const [ttlMs, freshMs] of [
  [undefined, 30_000],
  [0, 30_000],
  [-5, 30_000],
  [45_000, 45_000],
  [86_400_000, 3_600_000],
] as const) {
  test(`with ttlMs ${ttlMs} a list is read again in the background after ${freshMs} ms, when it is used`, async () => {
    const shelf = makeShelf();
    shelf.end = { outcome: 'whole', ttlMs };
    await shelf.list.refresh(undefined);
    await shelf.timeline.advance(freshMs - 1);
    assert.equal(shelf.list.require('a', '0'), 'a1');
    assert.equal(shelf.readings.length, 1);
    await shelf.timeline.advance(1);
    assert.equal(shelf.list.require('a', '0'), 'a1');
    assert.equal(shelf.list.require('b', '0'), 'b1');
    await shelf.timeline.advance(0);
    assert.equal(shelf.readings.length, 2);
    assert.equal(shelf.list.require('a', '0'), 'a2');
    assert.equal(shelf.timeline.pending, 0);
  });
}

test('readings are spread in time', async () => {
  const shelf = makeShelf(1, 0.999);
  await shelf.list.refresh(undefined);
  await shelf.timeline.advance(55_000);
  assert.equal(shelf.list.require('a', '0'), 'a1');
  assert.equal(shelf.readings.length, 2);
});

test('an upstream that fails is asked more and more rarely, up to once a minute, until it answers', async () => {
  const shelf = makeShelf();
  shelf.end = FAILED;
  const began: number[] = [];
  for (let second = 0; second < 260; second++) {
    const before = shelf.readings.length;
    void shelf.list.require('c', '0');
    if (shelf.readings.length > before) began.push(second);
    await shelf.timeline.advance(0);
    await shelf.timeline.advance(1_000);
  }
  assert.deepEqual(began, [0, 10, 30, 70, 130, 190, 250]);
  shelf.end = WHOLE;
  await shelf.timeline.advance(60_000);
  await shelf.list.require('c', '0');
  await shelf.timeline.advance(10_000);
  await shelf.list.require('c', '0');
  assert.equal(shelf.readings.length, 9);
});

test('names without end, or of endless length, fill no memory', async () => {
  const shelf = makeShelf();
  for (let at = 0; at < 10_050; at++) shelf.list.learn(`n${at}`, 'x');
  shelf.list.learn('x'.repeat(1025), 'x');
  assert.equal(shelf.list.find('n9999'), 'x');
  assert.equal(shelf.list.find('n10000'), undefined);
  assert.equal(shelf.list.find('x'.repeat(1025)), undefined);
  shelf.names = ['y', 'z'.repeat(1025)];
  await shelf.list.refresh(undefined);
  assert.equal(shelf.list.find('y'), 'y1');
  assert.equal(shelf.list.find('z'.repeat(1025)), undefined);
  assert.equal(shelf.list.isWhole(undefined), false);
});

test('names of every object are ordinary names', async () => {
  const { list } = makeShelf();
  await list.refresh(undefined);
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.equal(list.find(name), undefined);
    assert.equal(list.judge(name, '0'), 'absent');
  }
});

test('where callers see lists of their own, none uses up the readings of all, and nothing is absent for everybody', async () => {
  const shelf = makeShelf(4);
  shelf.names = ['a'];
  assert.equal(await shelf.list.require('b', '1'), undefined);
  assert.equal(shelf.list.require('b', '1'), undefined);
  shelf.names = ['b'];
  assert.equal(await shelf.list.require('b', '2'), 'b2');
  assert.deepEqual(shelf.readings, ['1', '2']);
  assert.equal(shelf.list.find('a'), 'a1');
  assert.equal(shelf.list.judge('c', '2'), 'unsure');
  await shelf.timeline.advance(3_600_000);
  await shelf.list.refresh('2');
  assert.equal(shelf.list.find('a'), undefined);
});
