// What survives a reload of the configuration, and what is drained.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpstreamDeps } from '../../../gateway/upstream/upstream.ts';
import { makeFleet, retire } from '../../../gateway/upstream/upstream-fleet.ts';
import type { FakeTimeline } from './fake-timeline.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { listen } from './listen.ts';
import { makeSettings } from './make-settings.ts';
import { post } from './post.ts';

function makeDeps(timeline: FakeTimeline): UpstreamDeps {
  return { now: timeline.now, random: () => 0, startTimer: timeline.startTimer, onEvent() {} };
}

const at = (name: string, url: string): ReturnType<typeof makeSettings> =>
  makeSettings({ name, source: { kind: 'fixed', instances: [url] } });

test('upstreams are found by name; names such as constructor are ordinary', () => {
  const fleet = makeFleet(
    [at('weather', 'http://a.test/'), at('constructor', 'http://b.test/')],
    makeDeps(makeFakeTimeline()),
  );
  assert.equal(fleet.find('weather')?.name, 'weather');
  assert.equal(fleet.find('constructor')?.name, 'constructor');
  assert.equal(fleet.find('toString'), undefined);
  assert.deepEqual(
    fleet.upstreams.map(({ name }) => name),
    ['weather', 'constructor'],
  );
});

test('an upstream with equal settings is carried over with its instances and their health', () => {
  const deps = makeDeps(makeFakeTimeline());
  const old = makeFleet(
    [at('same', 'http://a.test/'), at('changed', 'http://b.test/'), at('gone', 'http://c.test/')],
    deps,
  );
  const next = makeFleet(
    [at('same', 'http://a.test/'), at('changed', 'http://d.test/'), at('new', 'http://e.test/')],
    deps,
    old,
  );
  assert.equal(next.find('same'), old.find('same'));
  assert.notEqual(next.find('changed'), old.find('changed'));
  assert.equal(next.find('changed')?.instances[0]?.label, 'd.test:80');
  assert.equal(next.find('gone'), undefined);
  assert.notEqual(next.find('new'), undefined);
});

test('any difference in settings makes a new upstream, a certificate too', () => {
  const deps = makeDeps(makeFakeTimeline());
  const settings = { ...at('weather', 'https://a.test/'), tls: { ca: 'one' } };
  const old = makeFleet([settings], deps);
  const copy = makeFleet([structuredClone(settings)], deps, old);
  const other = makeFleet([{ ...settings, tls: { ca: 'two' } }], deps, copy);
  assert.equal(copy.find('weather'), old.find('weather'));
  assert.notEqual(other.find('weather'), old.find('weather'));
});

test('a retired upstream serves those who still hold it, cuts nobody, and then closes', async (t) => {
  const port = await listen(t, (_request, response) => response.end('still here'));
  const timeline = makeFakeTimeline();
  const deps = makeDeps(timeline);
  const old = makeFleet([at('kept', 'http://a.test/'), at('dropped', `http://127.0.0.1:${port}/mcp`)], deps);
  const next = makeFleet([at('kept', 'http://a.test/')], deps, old);
  const dropped = old.find('dropped');
  assert(dropped !== undefined);
  const retiring = retire(old, next, 30_000, timeline.startTimer);

  await timeline.advance(29_999);
  const instance = dropped.pick(undefined);
  assert(instance !== undefined, 'a request that began before the reload finds its instance');
  dropped.begin(instance);
  await timeline.advance(1);
  assert.equal(dropped.pick(undefined), undefined);
  assert.equal((await post(instance)).text, 'still here');
  assert(!instance.calls.closed);
  dropped.finish(instance, 'ok');
  await retiring;
  assert(instance.calls.destroyed);
  assert.notEqual(next.find('kept')?.pick(undefined), undefined);
  assert.equal(timeline.pending, 0);
});

test('a reload that changes nothing retires nothing', async () => {
  const timeline = makeFakeTimeline();
  const deps = makeDeps(timeline);
  const old = makeFleet([at('weather', 'http://a.test/')], deps);
  const next = makeFleet([at('weather', 'http://a.test/')], deps, old);
  await retire(old, next, 30_000, timeline.startTimer);
  assert.equal(timeline.pending, 0);
  assert.notEqual(next.find('weather')?.pick(undefined), undefined);
});

test('a fleet is ready when all its upstreams are, and closes them all', async () => {
  const timeline = makeFakeTimeline();
  const asked: string[] = [];
  const settings = ['one.test', 'two.test'].map((host) =>
    makeSettings({ name: host, source: { kind: 'dns', url: `http://${host}/`, refreshMs: 1_000 } }),
  );
  const fleet = makeFleet(settings, {
    ...makeDeps(timeline),
    async resolver(hostname) {
      asked.push(hostname);
      return ['10.0.0.1'];
    },
  });
  await fleet.ready();
  assert.deepEqual(asked, ['one.test', 'two.test']);
  assert.deepEqual(
    fleet.upstreams.map(({ instances }) => instances.length),
    [1, 1],
  );
  await fleet.close(1_000);
  assert.equal(timeline.pending, 0);
});
