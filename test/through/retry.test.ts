// A second try is made where it is safe, never more than that: a call that may have had an effect is never repeated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Behaviour } from '../support/fake-upstream.ts';
import { toEvent } from '../support/fake-upstream.ts';
import { openCall, toError } from './support/open-call.ts';
import { countHits, makeDeadUrl, startGateway, startUpstream, startUpstreams } from './support/start.ts';

interface Sample {
  readonly method: string;
  readonly params?: object;
  readonly name?: string;
}

const READS: readonly Sample[] = [
  { method: 'server/discover' },
  { method: 'tools/list' },
  { method: 'resources/list' },
  { method: 'resources/templates/list' },
  { method: 'resources/read', params: { uri: 'a://b' }, name: 'a://b' },
  { method: 'prompts/list' },
  { method: 'prompts/get', params: { name: 'p' }, name: 'p' },
  {
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } },
  },
];
const WRITES: readonly Sample[] = [
  { method: 'tools/call', params: { name: 'plain' }, name: 'plain' },
  { method: 'subscriptions/listen', params: { notifications: {} } },
];
/** Nothing here is about ejection. */
const NEVER_EJECT = { health: { ejectAfter: 1_000_000 } };

const reset: Behaviour = (hit) => void hit.request.socket.resetAndDestroy();
const page =
  (status: number): Behaviour =>
  (_hit, response) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>busy</h1>');
const call = (port: number, sample: Sample) => openCall({ port, ...sample }).end();

test('an instance that refuses connections is passed over, whatever the method', async (t) => {
  const alive = await startUpstream(t);
  const gateway = await startGateway(t, { instances: [await makeDeadUrl(), alive.url], upstream: NEVER_EJECT });
  for (const sample of [...READS, ...WRITES]) {
    for (let i = 0; i < 2; i++) assert.equal((await call(gateway.port, sample)).status, 200, sample.method);
  }
  const metrics = await gateway.scrape();
  const refused = metrics.get('mcp_gateway_upstream_attempt_failures_total', { fault: 'refused' });
  assert.equal(refused, READS.length + WRITES.length);
  assert.equal(metrics.get('mcp_gateway_upstream_retries_total', { upstream: 'fleet' }), refused);
  assert.equal(alive.hits.length, 2 * refused);
});

const SICK: readonly (readonly [what: string, behaviour: Behaviour])[] = [
  ['resets the connection', reset],
  ['answers 502 with a page', page(502)],
  ['answers 503 with a page', page(503)],
  ['answers 504 with a page', page(504)],
  [
    'answers something that is not JSON',
    (_hit, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('<h1>welcome</h1>'),
  ],
];

for (const [what, behaviour] of SICK) {
  test(`an instance that ${what} is replaced for each method that only reads`, async (t) => {
    const sick = await startUpstream(t, behaviour);
    const well = await startUpstream(t);
    const gateway = await startGateway(t, { instances: [sick.url, well.url], upstream: NEVER_EJECT });
    for (const sample of READS) {
      for (let i = 0; i < 2; i++) assert.equal((await call(gateway.port, sample)).status, 200, sample.method);
    }
    assert.equal(sick.hits.length, READS.length);
    assert.equal(well.hits.length, 2 * READS.length);
  });

  test(`an instance that ${what} may have done the work of a method that acts: 502, and never a second try`, async (t) => {
    const sick = await startUpstream(t, behaviour);
    const well = await startUpstream(t);
    const gateway = await startGateway(t, { instances: [sick.url, well.url], upstream: NEVER_EJECT });
    for (const sample of WRITES) {
      const answers = [await call(gateway.port, sample), await call(gateway.port, sample)];
      const [good, bad] = answers.toSorted((a, b) => a.status - b.status);
      assert.deepEqual([good?.status, bad?.status], [200, 502], sample.method);
      assert.equal(toError(bad ?? assert.fail()).code, -32603);
    }
    assert.deepEqual([sick.hits.length, well.hits.length], [WRITES.length, WRITES.length]);
  });
}

test('a 503 that is a JSON-RPC error is an answer and passes as it is', async (t) => {
  const upstream = await startUpstream(t, (hit, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, error: { code: -32603, message: 'resting' } }));
  });
  const other = await startUpstream(t);
  const gateway = await startGateway(t, { instances: [upstream.url, other.url], upstream: NEVER_EJECT });
  const answers = [
    await call(gateway.port, { method: 'tools/list' }),
    await call(gateway.port, { method: 'tools/list' }),
  ];
  const busy = answers.find(({ status }) => status === 503) ?? assert.fail('no 503');
  assert.match(busy.text, /resting/);
  assert.equal(busy.headers['retry-after'], '7');
  assert.deepEqual([upstream.hits.length, other.hits.length], [1, 1]);
});

test('an instance too slow with its headers is 504 and nobody else is asked', async (t) => {
  const fleet = await startUpstreams(t, 3, () => {});
  const gateway = await startGateway(t, {
    instances: fleet.map(({ url }) => url),
    upstream: { ...NEVER_EJECT, timeouts: { headers: '200ms' } },
  });
  for (const sample of [{ method: 'tools/list' }, WRITES[0] ?? assert.fail()]) {
    const before = countHits(fleet);
    const answer = await call(gateway.port, sample);
    assert.deepEqual([answer.status, toError(answer).code], [504, -32603], sample.method);
    assert.equal(countHits(fleet), before + 1);
  }
});

test('a request tries three instances and no more', async (t) => {
  const fleet = await startUpstreams(t, 5, reset);
  const gateway = await startGateway(t, { instances: fleet.map(({ url }) => url), upstream: NEVER_EJECT });
  assert.equal((await call(gateway.port, { method: 'tools/list' })).status, 502);
  assert.deepEqual(
    fleet.map(({ hits }) => hits.length).toSorted((a, b) => a - b),
    [0, 0, 1, 1, 1],
  );
});

test('during an outage retries stay within their budget', async (t) => {
  const fleet = await startUpstreams(t, 5, reset);
  const gateway = await startGateway(t, { instances: fleet.map(({ url }) => url), upstream: NEVER_EJECT });
  const began = performance.now();
  const REQUESTS = 200;
  for (let i = 0; i < REQUESTS / 20; i++) {
    await Promise.all(Array.from({ length: 20 }, () => call(gateway.port, { method: 'tools/list' })));
  }
  const seconds = (performance.now() - began) / 1_000;
  const retries = countHits(fleet) - REQUESTS;
  assert.ok(retries <= REQUESTS * 0.2 + 10 + 10 * seconds, `${retries} retries in ${seconds} s`);
  assert.ok(retries >= REQUESTS * 0.2, `${retries} retries`);
});

test('nothing is tried again once the client has got a byte', async (t) => {
  const fleet = await startUpstreams(t, 2, (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }));
  });
  const gateway = await startGateway(t, { instances: fleet.map(({ url }) => url), upstream: NEVER_EJECT });
  const reading = openCall({ port: gateway.port, ...(READS[4] ?? assert.fail()) });
  await reading.read('notifications/progress');
  for (const { hits } of fleet) hits[0]?.request.socket.resetAndDestroy();
  assert.deepEqual([(await reading.end()).whole, countHits(fleet)], [false, 1]);
});

test('with one instance there is nobody to try again with, and no retry is counted', async (t) => {
  const upstream = await startUpstream(t, reset);
  const gateway = await startGateway(t, { instances: [upstream.url], upstream: NEVER_EJECT });
  assert.equal((await call(gateway.port, { method: 'tools/list' })).status, 502);
  assert.equal(upstream.hits.length, 1);
  assert.equal((await gateway.scrape()).get('mcp_gateway_upstream_retries_total'), 0);
});
