// An upstream that is too slow in any way is given up in time, except where silence is what a stream is for.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Behaviour } from '../support/fake-upstream.ts';
import { toEvent } from '../support/fake-upstream.ts';
import { type Ended, openCall, openToolCall, toError } from './support/open-call.ts';
import { startRawUpstream } from './support/raw-upstream.ts';
import { startGateway, startUpstream } from './support/start.ts';

const EVENT = toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
const OPENING = '{"jsonrpc":"2.0","id":1,"result":{"text":"';
/** undici's clock for silence in a body ticks twice a second. */
const TICKS_MS = 1_500;

const streaming =
  (begin: string, everyMs?: number): Behaviour =>
  (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(begin);
    if (everyMs === undefined) return;
    const timer = setInterval(() => response.write(EVENT), everyMs);
    response.on('close', () => clearInterval(timer));
  };

const stalling =
  (bytes: string): Behaviour =>
  (_hit, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(bytes);
  };

/** Calls a tool and tells how it ended and after what time. */
async function callSlow(t: TestContext, behaviour: Behaviour, timeouts: object): Promise<[Ended, number]> {
  const upstream = await startUpstream(t, behaviour);
  const gateway = await startGateway(t, { instances: [upstream.url], upstream: { timeouts } });
  const began = performance.now();
  const ended = await openToolCall(gateway.port).end();
  const tookMs = performance.now() - began;
  assert.equal(await upstream.hits[0]?.left, true);
  assert.equal(upstream.hits.length, 1);
  return [ended, tookMs];
}

interface Row {
  readonly what: string;
  readonly behaviour: Behaviour;
  readonly timeouts: object;
  readonly limitMs: number;
  readonly ends: '504' | 'cut';
}

const ROWS: readonly Row[] = [
  { what: 'no headers', behaviour: () => {}, timeouts: { headers: '300ms' }, limitMs: 300, ends: '504' },
  {
    what: 'a small JSON answer that stalls',
    behaviour: stalling(OPENING),
    timeouts: { idle: '300ms' },
    limitMs: 300,
    ends: '504',
  },
  {
    what: 'a large JSON answer that stalls',
    behaviour: stalling(`${OPENING}${'x'.repeat(400_000)}`),
    timeouts: { idle: '300ms' },
    limitMs: 300,
    ends: 'cut',
  },
  {
    what: 'an event stream silent from its beginning',
    behaviour: streaming(''),
    timeouts: { idle: '300ms', headers: '300ms' },
    limitMs: 300,
    ends: '504',
  },
  {
    what: 'an event stream that falls silent',
    behaviour: streaming(EVENT),
    timeouts: { idle: '300ms' },
    limitMs: 300,
    ends: 'cut',
  },
  {
    what: 'no headers within the total',
    behaviour: () => {},
    timeouts: { total: '300ms' },
    limitMs: 300,
    ends: '504',
  },
  {
    what: 'an event stream that talks on beyond the total',
    behaviour: streaming(EVENT, 50),
    timeouts: { total: '400ms', idle: '10s' },
    limitMs: 400,
    ends: 'cut',
  },
];

for (const { what, behaviour, timeouts, limitMs, ends } of ROWS) {
  test(`${what}: ${ends === '504' ? '504' : 'a broken connection'}`, async (t) => {
    const [ended, tookMs] = await callSlow(t, behaviour, timeouts);
    if (ends === 'cut') {
      assert.deepEqual([ended.status, ended.whole], [200, false]);
    } else {
      assert.deepEqual([ended.status, ended.whole], [504, true]);
      assert.deepEqual([toError(ended).code, toError(ended).data.reason], [-32603, 'upstream_slow']);
    }
    assert.ok(tookMs >= limitMs - 20 && tookMs < limitMs + TICKS_MS, `took ${tookMs} ms`);
  });
}

test('a connection that is not made in time is 504', async (t) => {
  const upstream = await startRawUpstream(t);
  const gateway = await startGateway(t, {
    instances: [upstream.tlsUrl],
    upstream: { timeouts: { connect: '300ms' } },
  });
  const began = performance.now();
  const ended = await openToolCall(gateway.port).end();
  assert.deepEqual([ended.status, toError(ended).code], [504, -32603]);
  assert.ok(performance.now() - began < 300 + TICKS_MS);
});

test('the total holds while connections are being made, however many instances there are', async (t) => {
  const fleet = await Promise.all([startRawUpstream(t), startRawUpstream(t), startRawUpstream(t)]);
  const gateway = await startGateway(t, {
    instances: fleet.map(({ tlsUrl }) => tlsUrl),
    upstream: { timeouts: { connect: '2s', total: '300ms' } },
  });
  const began = performance.now();
  const ended = await openToolCall(gateway.port).end();
  const tookMs = performance.now() - began;
  assert.deepEqual([ended.status, toError(ended).code], [504, -32603]);
  assert.ok(tookMs < 300 + TICKS_MS, `took ${tookMs} ms`);
  assert.equal(fleet.filter(({ sockets }) => sockets.length > 0).length, 1);
});

test('a listening stream may be silent longer than idle and last longer than total', async (t) => {
  let stream: ServerResponse | undefined;
  const upstream = await startUpstream(t, (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(EVENT);
    stream = response;
  });
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    upstream: { timeouts: { idle: '100ms', total: '1s' } },
  });
  const listening = openCall({ port: gateway.port, method: 'subscriptions/listen', params: { notifications: {} } });
  await listening.read('notifications/progress');
  // Calls that begin later are seen to fall to either limit, while the stream only listens.
  for (const behaviour of [streaming(EVENT), streaming(EVENT, 20)]) {
    upstream.behave(behaviour);
    assert.equal((await openToolCall(gateway.port).end()).whole, false);
  }
  stream?.write(toEvent({ method: 'notifications/resources/updated', params: { uri: 'a://b' } }));
  await listening.read('resources/updated');
  listening.leave();
});
