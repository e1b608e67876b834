// The names, kinds and labels of all metrics: dashboards and alerts of users stand on them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../gateway/exchange.ts';
import { Metrics } from '../../gateway/observe/metrics.ts';
import { CATALOGUE, type MetricEntry } from '../../gateway/observe/metrics-catalogue.ts';

const METRICS = [
  'counter mcp_gateway_requests_total{endpoint,method,upstream,outcome,kind}',
  'counter mcp_gateway_refusals_total{kind}',
  'counter mcp_gateway_tool_calls_total{endpoint,tool,outcome,kind}',
  'histogram mcp_gateway_request_duration_seconds{method}',
  'histogram mcp_server_operation_duration_seconds{mcp_method_name,error_type}',
  'histogram mcp_client_operation_duration_seconds{upstream,mcp_method_name,error_type}',
  'histogram mcp_gateway_overhead_seconds',
  'counter mcp_gateway_token_validations_total{issuer,outcome}',
  'counter mcp_gateway_decisions_total{rule,decision}',
  'counter mcp_gateway_shadow_differences_total{rule,would}',
  'counter mcp_gateway_quota_admissions_total{rule,outcome}',
  'counter mcp_gateway_quota_store_failures_total{reason}',
  'counter mcp_gateway_seals_total{purpose,operation,outcome}',
  'counter mcp_gateway_upstream_attempt_failures_total{upstream,instance,fault}',
  'counter mcp_gateway_upstream_retries_total{upstream}',
  'counter mcp_gateway_upstream_ejections_total{upstream,instance}',
  'counter mcp_gateway_upstream_dns_failures_total{upstream}',
  'counter mcp_gateway_config_reloads_total{outcome}',
  'counter mcp_gateway_audit_lines_total{outcome}',
  'counter mcp_gateway_log_lines_suppressed_total',
  'counter mcp_gateway_trace_spans_total{outcome}',
  'counter mcp_gateway_label_sets_dropped_total{metric}',
  'gauge mcp_gateway_requests_in_flight',
  'gauge mcp_gateway_streams_open',
  'gauge mcp_gateway_upstream_instance_healthy{upstream,instance}',
  'gauge mcp_gateway_upstream_requests_in_flight{upstream,instance}',
  'gauge mcp_gateway_quota_live_tasks{rule}',
  'gauge mcp_gateway_quota_store_open',
  'gauge mcp_gateway_issuer_keys_usable{issuer}',
  'gauge mcp_gateway_issuer_keys_stale{issuer}',
  'gauge mcp_gateway_certificate_expiry_timestamp_seconds{certificate}',
  'gauge mcp_gateway_sealing_key_loaded_timestamp_seconds{key}',
  'gauge mcp_gateway_event_loop_delay_seconds{stat}',
  'gauge mcp_gateway_config_info{digest}',
  'gauge mcp_gateway_config_last_reload_timestamp_seconds',
  'gauge mcp_gateway_config_last_reload_success',
];

/** Upper bounds in seconds. */
const BUCKETS: Readonly<Record<string, string>> = {
  mcp_gateway_request_duration_seconds: '0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 300',
  mcp_server_operation_duration_seconds: '0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 60 120 300',
  mcp_client_operation_duration_seconds: '0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 60 120 300',
  mcp_gateway_overhead_seconds:
    '0.00025 0.0005 0.00075 0.001 0.0015 0.002 0.003 0.005 0.0075 0.01 0.025 0.05 0.1 0.25 0.5 1',
};

test('every metric keeps its name, kind and labels', () => {
  const entries: readonly MetricEntry[] = Object.values(CATALOGUE);
  const found = entries.map(({ type, name, labels }) =>
    labels.length === 0 ? `${type} ${name}` : `${type} ${name}{${labels.join(',')}}`,
  );
  assert.deepEqual(found, METRICS);
});

test('histograms keep their buckets', () => {
  const entries: readonly MetricEntry[] = Object.values(CATALOGUE);
  const found = entries.flatMap(({ name, bounds }) => (bounds === undefined ? [] : [[name, bounds.join(' ')]]));
  assert.deepEqual(Object.fromEntries(found), BUCKETS);
});

test('the scrape shows exactly these, in this kind, beside those of Node', async () => {
  const metrics = new Metrics({ instances: () => [], inFlight: () => 0, configDigest: () => 'x' });
  const { body } = await metrics.render(undefined);
  const kinds = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }));
  const own = kinds.filter(({ name }) => name.startsWith('mcp_')).map(({ name, type }) => `${type} ${name}`);
  assert.deepEqual(own.toSorted(), METRICS.map((line) => line.replace(/\{.*/, '')).toSorted());
  for (const { name } of kinds) assert.match(name, /^(?:mcp_(?:gateway|server|client)|nodejs|process)_/);
});

test('what the labels of a request say keeps its spelling', async () => {
  const metrics = new Metrics({ instances: () => [], inFlight: () => 0, configDigest: () => 'x' });
  const answer: Answer = { ending: 'answered_error', status: 200, upstream: 'fleet', instance: 0 };
  const record = { startedMs: 0, endpoint: '/mcp', upstream: 'fleet', upstreamMs: 0, answer };
  metrics.countRequest(record as unknown as Parameters<Metrics['countRequest']>[0], 1);
  const { body } = await metrics.render(undefined);
  const line =
    'mcp_gateway_requests_total{endpoint="/mcp",method="none",upstream="fleet",outcome="answered_error",kind="none"} 1';
  assert.ok(body.includes(`${line}\n`));
  assert.ok(
    body.includes('mcp_server_operation_duration_seconds_count{mcp_method_name="none",error_type="_OTHER"} 1\n'),
  );
});
