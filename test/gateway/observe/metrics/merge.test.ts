// The metrics of several processes become one: each by its own rule, whatever the processes have counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import * as fc from 'fast-check';
import { type MetricsSnapshot, renderSnapshots } from '../../../../gateway/observe/metrics.ts';
import { readMetrics } from '../../../through/support/read-metrics.ts';
import { makeMetrics, makeRecord } from './support.ts';

const mergeMetrics = async (snapshots: readonly MetricsSnapshot[]): Promise<string> =>
  (await renderSnapshots(snapshots, undefined)).body;

/** As it arrives in another process. */
const travel = (snapshot: MetricsSnapshot): MetricsSnapshot => deserialize(serialize(snapshot)) as MetricsSnapshot;

test('counters, histograms and open requests are summed, health is the worst, delays the longest', async () => {
  const healths = [true, false];
  const snapshots = await Promise.all(
    healths.map(async (healthy, at) => {
      const metrics = makeMetrics({
        inFlight: () => at + 1,
        quotaStoreOpen: () => at === 1,
        liveTasks: () => [{ rule: 'tasks', live: 3 + at }],
        instances: () => [{ upstream: 'fleet', instance: 'a:1', healthy, inFlight: 2 }],
      });
      metrics.countRequest(makeRecord(), 3);
      if (at === 1) metrics.countRequest(makeRecord({ endpoint: '/second' }), 700);
      if (at === 1) metrics.countReload('rejected');
      return travel(await metrics.snapshot());
    }),
  );
  const { get } = readMetrics(await mergeMetrics(snapshots));
  assert.equal(get('mcp_gateway_requests_total', { endpoint: '/mcp' }), 2);
  assert.equal(get('mcp_gateway_requests_total', { endpoint: '/second' }), 1);
  assert.equal(get('mcp_gateway_request_duration_seconds_bucket', { le: '0.005' }), 2);
  assert.equal(get('mcp_gateway_request_duration_seconds_bucket', { le: '+Inf' }), 3);
  assert.equal(get('mcp_gateway_request_duration_seconds_count'), 3);
  assert.ok(Math.abs(get('mcp_gateway_request_duration_seconds_sum') - 0.706) < 1e-9);
  assert.equal(get('mcp_gateway_requests_in_flight'), 3);
  assert.equal(get('mcp_gateway_upstream_requests_in_flight'), 4);
  assert.equal(get('mcp_gateway_upstream_instance_healthy'), 0);
  assert.equal(get('mcp_gateway_quota_live_tasks'), 4);
  assert.equal(get('mcp_gateway_quota_store_open'), 1);
  assert.equal(get('mcp_gateway_config_last_reload_success'), 0);
  assert.equal(get('mcp_gateway_config_info', { digest: 'digest' }), 1);
  assert.ok(get('process_resident_memory_bytes') > 0);
});

test('the newest exemplar of a bucket stays, at its row', async () => {
  const ids = ['a', 'b', 'c'].map((c) => c.repeat(32));
  const snapshots = await Promise.all(
    ids.map(async (traceId, at) => {
      const metrics = makeMetrics();
      if (at === 1) metrics.countRequest(makeRecord({ envelope: undefined }), 3);
      metrics.countRequest(makeRecord({ trace: { traceId, spanId: 'x', sampled: true } }), at === 2 ? 300 : 3);
      const snapshot = await metrics.snapshot();
      const later = (epochMs: number): number => epochMs + (at === 1 ? 5 : 0);
      return snapshot.map((family) => ({
        ...family,
        exemplars: (family.exemplars ?? []).map((held) => ({ ...held, epochMs: later(held.epochMs) })),
      }));
    }),
  );
  const { body } = await renderSnapshots(snapshots, 'application/openmetrics-text');
  const found = [...body.matchAll(/^mcp_gateway_request_duration_seconds_bucket\{(.*)\} \d+ # \{trace_id="(.)/gm)];
  assert.deepEqual(
    found.map(([, labels, id]) => [labels, id]),
    [
      ['method="tools/call",le="0.005"', 'b'],
      ['method="tools/call",le="0.5"', 'c'],
    ],
  );
});

test('what is counted in parts by several processes is what one would have counted', async () => {
  const events = fc.array(
    fc.record({
      process: fc.nat(2),
      endpoint: fc.constantFrom('/a', '/b', '/c'),
      ms: fc.integer({ min: 0, max: 5000 }),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(events, async (counted) => {
      const whole = makeMetrics();
      const parts = [makeMetrics(), makeMetrics(), makeMetrics()];
      for (const { process, endpoint, ms } of counted) {
        whole.countRequest(makeRecord({ endpoint }), ms);
        parts[process]?.countRequest(makeRecord({ endpoint }), ms);
      }
      const merged = await mergeMetrics(await Promise.all(parts.map((part) => part.snapshot())));
      assert.deepEqual(toOwnLines(merged), toOwnLines((await whole.render(undefined)).body));
    }),
    { numRuns: 15 },
  );
});

test('no process at all is an empty scrape, and one alone is itself', async () => {
  assert.equal(await mergeMetrics([]), '');
  const snapshot = await makeMetrics().snapshot();
  assert.equal(await mergeMetrics([snapshot]), (await renderSnapshots([snapshot], undefined)).body);
});

function toOwnLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => /^mcp_(?:gateway_requests_total|gateway_request_duration|server|gateway_overhead)/.test(line))
    .map((line) => line.replace(/(_sum\S*) (.*)/, (_, name, sum) => `${name} ${Number(sum).toFixed(6)}`))
    .toSorted();
}
