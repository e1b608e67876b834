// What one request, attempt or event adds to which metric.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ending } from '../../../../gateway/exchange.ts';
import { Refusal } from '../../../../gateway/refusal.ts';
import { EPOCH_MS, makeMetrics, makeRecord, scrape } from './support.ts';

test('a request that was answered is counted once everywhere it belongs', async () => {
  const metrics = makeMetrics({ isKnownTool: () => true });
  metrics.countRequest(makeRecord({ upstreamMs: 4 }), 6);
  const { get } = await scrape(metrics);
  const labels = { endpoint: '/mcp', method: 'tools/call', upstream: 'fleet', outcome: 'answered', kind: 'none' };
  assert.equal(get('mcp_gateway_requests_total', labels), 1);
  const call = { endpoint: '/mcp', tool: 'get_forecast', outcome: 'answered', kind: 'none' };
  assert.equal(get('mcp_gateway_tool_calls_total', call), 1);
  assert.equal(get('mcp_gateway_request_duration_seconds_sum', { method: 'tools/call' }), 0.006);
  assert.equal(get('mcp_server_operation_duration_seconds_count', { mcp_method_name: 'tools/call' }), 1);
  assert.equal(get('mcp_gateway_overhead_seconds_count'), 1);
  assert.ok(Math.abs(get('mcp_gateway_overhead_seconds_sum') - 0.002) < 1e-9);
  assert.equal(get('mcp_gateway_overhead_seconds_bucket', { le: '0.0015' }), 0);
  assert.equal(get('mcp_gateway_overhead_seconds_bucket', { le: '0.003' }), 1);
  assert.equal(get('mcp_gateway_refusals_total'), 0);
});

test('a refusal is counted with its kind, and without overhead when no upstream was asked', async () => {
  const metrics = makeMetrics();
  const nothing = { envelope: undefined, upstream: undefined, answer: undefined, upstreamMs: 0 };
  metrics.countRequest(makeRecord({ ...nothing, refusal: new Refusal('token_absent') }), 1);
  metrics.countRefusal(new Refusal('malformed_http'));
  const { get } = await scrape(metrics);
  const labels = { method: 'none', upstream: 'none', outcome: 'refused', kind: 'token_absent' };
  assert.equal(get('mcp_gateway_requests_total', labels), 1);
  assert.equal(get('mcp_gateway_refusals_total', { kind: 'token_absent' }), 1);
  assert.equal(get('mcp_gateway_refusals_total', { kind: 'malformed_http' }), 1);
  assert.equal(get('mcp_server_operation_duration_seconds_count', { mcp_method_name: 'none', error_type: '401' }), 1);
  assert.equal(get('mcp_gateway_overhead_seconds_count'), 0);
  assert.equal(get('mcp_gateway_tool_calls_total'), 0);
});

test('error types follow the conventions and stay few', async () => {
  const cases: readonly (readonly [answer: object | undefined, expected: string | undefined])[] = [
    [{ ending: 'answered' satisfies Ending }, undefined],
    [{ ending: 'answered', isToolError: true }, 'tool_error'],
    [{ ending: 'answered_error', errorCode: -32602 }, '-32602'],
    [{ ending: 'answered_error', errorCode: -12345 }, '_OTHER'],
    [{ ending: 'answered_error' }, '_OTHER'],
    [{ ending: 'client_left' }, 'cancelled'],
    [undefined, 'cancelled'],
    [{ ending: 'cut' }, 'cut'],
    [{ ending: 'token_ended' }, 'token_ended'],
    [{ ending: 'drained' }, undefined],
    [{ ending: 'acknowledged' }, undefined],
  ];
  for (const [answer, expected] of cases) {
    const metrics = makeMetrics();
    metrics.countRequest(makeRecord({ answer: answer as never }), 1);
    const { samples } = await scrape(metrics);
    const sample = samples.find(({ name }) => name === 'mcp_server_operation_duration_seconds_count');
    assert.equal(sample?.labels['error_type'], expected, JSON.stringify(answer));
  }
});

test('each attempt at an instance is measured by upstream, method and how it ended', async () => {
  const metrics = makeMetrics();
  const attempt = { upstream: 'fleet', method: 'tools/call', durationMs: 15, trace: undefined };
  metrics.countAttempt({ ...attempt, outcome: { kind: 'answered' } });
  metrics.countAttempt({ ...attempt, outcome: { kind: 'slow' } });
  metrics.countAttempt({ ...attempt, outcome: { kind: 'answered_error', errorCode: -32603 } });
  metrics.countFailedAttempt('fleet', 'a:1', 'slow', true);
  const { get } = await scrape(metrics);
  const labels = { upstream: 'fleet', mcp_method_name: 'tools/call' };
  const name = 'mcp_client_operation_duration_seconds';
  assert.equal(get(`${name}_count`, labels), 3);
  assert.equal(get(`${name}_count`, { ...labels, error_type: 'slow' }), 1);
  assert.equal(get(`${name}_count`, { ...labels, error_type: '-32603' }), 1);
  assert.equal(get(`${name}_bucket`, { ...labels, le: '0.01' }), 0);
  assert.equal(get(`${name}_bucket`, { ...labels, le: '0.02' }), 3);
  assert.equal(get('mcp_gateway_upstream_retries_total', { upstream: 'fleet' }), 1);
});

test('every event is counted under its labels', async () => {
  const metrics = makeMetrics();
  metrics.countEjection('fleet', 'a:1');
  metrics.countDnsFailure('fleet');
  metrics.countValidation('https://issuer.example', 'ok');
  metrics.countDecision('readers', 'allowed');
  metrics.countShadowDifference('candidate', 'denied');
  metrics.countQuotaAdmission('calls', 'refused');
  metrics.countQuotaStoreFailure('timeout');
  metrics.countSeal('task', 'open', 'ok');
  metrics.countAuditLines('written', 3);
  metrics.countAuditLines('dropped');
  metrics.countSuppressedLines(5);
  metrics.countSpans('exported', 7);
  const { get } = await scrape(metrics);
  assert.equal(get('mcp_gateway_upstream_ejections_total', { upstream: 'fleet', instance: 'a:1' }), 1);
  assert.equal(get('mcp_gateway_upstream_dns_failures_total', { upstream: 'fleet' }), 1);
  assert.equal(get('mcp_gateway_token_validations_total', { issuer: 'https://issuer.example', outcome: 'ok' }), 1);
  assert.equal(get('mcp_gateway_decisions_total', { rule: 'readers', decision: 'allowed' }), 1);
  assert.equal(get('mcp_gateway_shadow_differences_total', { rule: 'candidate', would: 'denied' }), 1);
  assert.equal(get('mcp_gateway_quota_admissions_total', { rule: 'calls', outcome: 'refused' }), 1);
  assert.equal(get('mcp_gateway_quota_store_failures_total', { reason: 'timeout' }), 1);
  assert.equal(get('mcp_gateway_seals_total', { purpose: 'task', operation: 'open', outcome: 'ok' }), 1);
  assert.equal(get('mcp_gateway_audit_lines_total', { outcome: 'written' }), 3);
  assert.equal(get('mcp_gateway_audit_lines_total', { outcome: 'dropped' }), 1);
  assert.equal(get('mcp_gateway_log_lines_suppressed_total'), 5);
  assert.equal(get('mcp_gateway_trace_spans_total', { outcome: 'exported' }), 7);
});

test('the gauges show what the process says at the scrape, and forget what is gone', async () => {
  let instances = [
    { upstream: 'fleet', instance: 'a:1', healthy: true, inFlight: 2 },
    { upstream: 'fleet', instance: 'b:1', healthy: false, inFlight: 0 },
  ];
  const metrics = makeMetrics({
    instances: () => instances,
    inFlight: () => 9,
    streams: () => 4,
    liveTasks: () => [{ rule: 'tasks', live: 3 }],
    quotaStoreOpen: () => true,
    issuers: () => [{ issuer: 'https://issuer.example', hasKeys: true, stale: true }],
    certificates: () => [{ certificate: 'listen', notAfterEpochMs: EPOCH_MS }],
    sealingKeys: () => [{ key: 'k1', loadedEpochMs: EPOCH_MS }],
  });
  const { get } = await scrape(metrics);
  assert.equal(get('mcp_gateway_requests_in_flight'), 9);
  assert.equal(get('mcp_gateway_streams_open'), 4);
  assert.equal(get('mcp_gateway_upstream_instance_healthy'), 1);
  assert.equal(get('mcp_gateway_upstream_requests_in_flight', { instance: 'a:1' }), 2);
  assert.equal(get('mcp_gateway_quota_live_tasks', { rule: 'tasks' }), 3);
  assert.equal(get('mcp_gateway_quota_store_open'), 1);
  assert.equal(get('mcp_gateway_issuer_keys_usable', { issuer: 'https://issuer.example' }), 1);
  assert.equal(get('mcp_gateway_issuer_keys_stale', { issuer: 'https://issuer.example' }), 1);
  assert.equal(get('mcp_gateway_certificate_expiry_timestamp_seconds', { certificate: 'listen' }), EPOCH_MS / 1000);
  assert.equal(get('mcp_gateway_sealing_key_loaded_timestamp_seconds', { key: 'k1' }), EPOCH_MS / 1000);
  assert.equal(get('mcp_gateway_config_info', { digest: 'digest' }), 1);
  instances = instances.slice(0, 1);
  const { samples } = await scrape(metrics);
  assert.equal(samples.filter(({ name }) => name === 'mcp_gateway_upstream_instance_healthy').length, 1);
});

test('the last reload is shown with its time and whether it worked', async () => {
  const metrics = makeMetrics();
  assert.equal((await scrape(metrics)).get('mcp_gateway_config_last_reload_success'), 1);
  metrics.countReload('rejected');
  const { get } = await scrape(metrics);
  assert.equal(get('mcp_gateway_config_last_reload_success'), 0);
  assert.equal(get('mcp_gateway_config_last_reload_timestamp_seconds'), EPOCH_MS / 1000);
  metrics.countReload('applied');
  assert.equal((await scrape(metrics)).get('mcp_gateway_config_last_reload_success'), 1);
});
