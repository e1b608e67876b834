// One upstream as a whole: from the outcome of requests and checks to what is picked.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Instance, Outcome } from '../../../gateway/upstream/instance.ts';
import type { Upstream } from '../../../gateway/upstream/upstream.ts';
import { listen } from './listen.ts';
import { makeWeather } from './make-weather.ts';
import { post } from './post.ts';
import { until } from './until.ts';

const TWO = { kind: 'fixed', instances: ['http://a.test:1/mcp', 'http://b.test:2/mcp'] } as const;
const HEALTH = { ejectAfter: 2, ejectForMs: 10_000, ejectAtMost: 0.5 };

function request(upstream: Upstream, instance: Instance, ...outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    upstream.begin(instance);
    upstream.finish(instance, outcome);
  }
}

function getPair(upstream: Upstream): readonly [Instance, Instance] {
  const [first, second] = upstream.instances;
  assert(first !== undefined && second !== undefined);
  return [first, second];
}

test('failures in a row eject an instance; requests go to the other one until it returns', async () => {
  const { upstream, timeline, events } = makeWeather({ source: TWO, health: HEALTH });
  await upstream.ready();
  const [first, second] = getPair(upstream);
  request(upstream, first, 'failed', 'failed');
  assert.deepEqual(events, [{ kind: 'ejected', upstream: 'weather', instance: 'a.test:1' }]);
  for (let count = 0; count < 4; count += 1) assert.equal(upstream.pick(undefined), second);
  assert.equal(upstream.pick([second]), undefined);
  await timeline.advance(10_000);
  assert.deepEqual(events.slice(1), [{ kind: 'returned', upstream: 'weather', instance: 'a.test:1' }]);
  assert.equal(upstream.pick([second]), first);
  await upstream.close(0);
});

test('a success ends a row of failures; a client that left neither ends nor lengthens it', async () => {
  const { upstream } = makeWeather({ source: TWO, health: HEALTH });
  const [first] = getPair(upstream);
  request(upstream, first, 'failed', 'ok', 'failed', 'abandoned', 'abandoned');
  assert.equal(first.state, 'healthy');
  assert.equal(first.inFlight, 0);
  request(upstream, first, 'failed');
  assert.equal(first.state, 'ejected');
  await upstream.close(0);
});

test('the only instance is never ejected by traffic', async () => {
  const { upstream } = makeWeather({ source: { kind: 'fixed', instances: ['http://a.test:1/mcp'] }, health: HEALTH });
  const [only] = upstream.instances;
  assert(only !== undefined);
  request(upstream, only, 'failed', 'failed', 'failed', 'failed');
  assert.equal(upstream.pick(undefined), only);
  await upstream.close(0);
});

/** A server whose health a test can change. */
async function listenMoody(t: TestContext): Promise<{ url: string; mood: { status: number; asked: number } }> {
  const mood = { status: 401, asked: 0 };
  const port = await listen(t, (_request, response) => {
    mood.asked += 1;
    response.writeHead(mood.status).end();
  });
  return { url: `http://127.0.0.1:${port}/mcp`, mood };
}

test('active checks may take out every instance, and bring each back', async (t) => {
  const servers = [await listenMoody(t), await listenMoody(t)];
  const { upstream, timeline, events } = makeWeather(
    {
      source: { kind: 'fixed', instances: servers.map(({ url }) => url) },
      health: { ...HEALTH, active: { everyMs: 1_000, timeoutMs: 60_000 } },
    },
    { random: () => 0 },
  );
  t.after(() => upstream.close(0));
  await upstream.ready();
  const pairs = upstream.instances.map(({ label }) => label);

  async function goRound(status: number, kind: string): Promise<void> {
    for (const { mood } of servers) mood.status = status;
    events.length = 0;
    await until(`all are ${kind}`, () => {
      void timeline.advance(50);
      return events.length >= 2;
    });
    assert.deepEqual(
      events.toSorted((a, b) => String(a.instance).localeCompare(String(b.instance))),
      pairs.toSorted().map((instance) => ({ kind, upstream: 'weather', instance })),
    );
  }
  await goRound(500, 'unhealthy');
  assert.equal(upstream.pick(undefined), undefined);
  assert.equal(upstream.hasInstances, false);
  await goRound(401, 'healthy');
  assert.notEqual(upstream.pick(undefined), undefined);
  assert.equal(upstream.hasInstances, true);
});

test('instances that DNS brings are picked and checked, those it takes are neither', async (t) => {
  const server = await listenMoody(t);
  let addresses = ['127.0.0.1'];
  const { upstream, timeline, events } = makeWeather(
    {
      source: { kind: 'dns', url: server.url.replace('127.0.0.1', 'weather.test'), refreshMs: 10_000 },
      health: { ...HEALTH, active: { everyMs: 60_000, timeoutMs: 500 } },
    },
    { resolver: () => Promise.resolve(addresses), random: () => 0.5 },
  );
  t.after(() => upstream.close(0));
  assert.equal(upstream.pick(undefined), undefined);
  await Promise.all([upstream.ready(), upstream.ready()]);
  const [first] = upstream.instances;
  assert(first !== undefined);
  assert.deepEqual(events, [{ kind: 'dns_changed', upstream: 'weather' }]);
  await timeline.advance(30_000);
  await until('it is checked', () => server.mood.asked === 1);

  addresses = ['127.0.0.2'];
  await timeline.advance(10_000);
  assert.equal(events.length, 2);
  assert.equal(upstream.instances.length, 1);
  assert.notEqual(upstream.pick(undefined), first);
  assert.equal(upstream.pick(undefined), upstream.instances[0]);
});

test('when DNS takes healthy instances, an ejected one is let back in; an ejected one it takes leaves nothing behind', async () => {
  let addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  const { upstream, timeline, events } = makeWeather(
    { source: { kind: 'dns', url: 'http://weather.test/mcp', refreshMs: 1_000 }, health: HEALTH },
    { resolver: () => Promise.resolve(addresses) },
  );
  await upstream.ready();
  const [first] = getPair(upstream);
  request(upstream, first, 'failed', 'failed');
  assert.equal(first.state, 'ejected');
  addresses = ['10.0.0.1'];
  await timeline.advance(1_000);
  assert.equal(upstream.pick(undefined), first);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['dns_changed', 'ejected', 'returned', 'dns_changed'],
  );

  addresses = ['10.0.0.1', '10.0.0.2'];
  await timeline.advance(1_000);
  request(upstream, first, 'failed', 'failed');
  assert.equal(first.state, 'ejected');
  addresses = ['10.0.0.2'];
  await timeline.advance(1_000);
  assert.equal(timeline.pending, 1, 'only the next refresh');
  await upstream.close(0);
});

test('a name that does not resolve is reported, and the upstream has no instance to pick', async () => {
  const cause = new Error('ENOTFOUND');
  const { upstream, events } = makeWeather(
    { source: { kind: 'dns', url: 'http://weather.test/mcp', refreshMs: 10_000 } },
    { resolver: () => Promise.reject(cause) },
  );
  await upstream.ready();
  assert.deepEqual(events, [{ kind: 'dns_failed', upstream: 'weather', cause }]);
  assert.equal(upstream.pick(undefined), undefined);
  assert.equal(upstream.hasInstances, false);
  await upstream.close(0);
});

test('nothing starts before ready, and a closed upstream leaves no timer and starts no more', async () => {
  const settings = {
    source: { kind: 'dns', url: 'http://weather.test/mcp', refreshMs: 10_000 },
    health: { ...HEALTH, active: { everyMs: 1_000, timeoutMs: 500 } },
  } as const;
  const { upstream, timeline } = makeWeather(settings, { resolver: () => Promise.resolve(['10.0.0.1', '10.0.0.2']) });
  assert.equal(timeline.pending, 0);
  await upstream.ready();
  const [first] = getPair(upstream);
  request(upstream, first, 'failed', 'failed');
  assert.equal(timeline.pending, 4, 'a refresh, two checks, an ejection');
  await upstream.close(60_000);
  assert.equal(timeline.pending, 0);
  assert.equal(upstream.pick(undefined), undefined);

  const other = makeWeather(settings, { resolver: () => assert.fail('asked after close') });
  await other.upstream.close(0);
  await other.upstream.ready();
  assert.equal(other.timeline.pending, 0);
});

/** An upstream of one server that holds its answers back, with one request in flight. */
async function holdOne(t: TestContext): Promise<{
  weather: ReturnType<typeof makeWeather>;
  instance: Instance;
  waiting: ServerResponse[];
  answer: ReturnType<typeof post>;
}> {
  const waiting: ServerResponse[] = [];
  const port = await listen(t, (_request, response) => void waiting.push(response));
  const weather = makeWeather({ source: { kind: 'fixed', instances: [`http://127.0.0.1:${port}/mcp`] } });
  const instance = weather.upstream.pick(undefined);
  assert(instance !== undefined);
  weather.upstream.begin(instance);
  const answer = post(instance);
  await until('the request is there', () => waiting.length === 1);
  return { weather, instance, waiting, answer };
}

test('closing waits for what is in flight', async (t) => {
  const { weather, instance, waiting, answer } = await holdOne(t);
  const closing = weather.upstream.close(5_000);
  await weather.timeline.advance(4_999);
  waiting[0]?.end('whole');
  assert.equal((await answer).text, 'whole');
  weather.upstream.finish(instance, 'ok');
  await closing;
  assert.equal(weather.timeline.pending, 0);
});

test('closing breaks what is in flight when its grace is over', async (t) => {
  const { weather, instance, answer } = await holdOne(t);
  const broken = assert.rejects(answer, { code: 'UND_ERR_DESTROYED' });
  const closing = weather.upstream.close(5_000);
  await weather.timeline.advance(5_000);
  await broken;
  weather.upstream.finish(instance, 'failed');
  await closing;
});

test('a second close with less grace is obeyed', async (t) => {
  const { weather, instance, answer } = await holdOne(t);
  const broken = assert.rejects(answer, { code: 'UND_ERR_DESTROYED' });
  const patient = weather.upstream.close(Number.POSITIVE_INFINITY);
  const impatient = weather.upstream.close(10);
  await weather.timeline.advance(10);
  await broken;
  weather.upstream.finish(instance, 'failed');
  await Promise.all([patient, impatient]);
});
