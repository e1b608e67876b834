// Every metric of the gateway: name, kind, labels and words. The code counts by this table and the documentation is written from it.
import type { Aggregator } from './series-family.ts';

export interface MetricEntry {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly LabelName[];
  /** Label sets per process; past them new ones are counted as `other`. */
  readonly cap: number;
  readonly aggregator: Aggregator;
  /** Upper bounds of buckets, in seconds. */
  readonly bounds?: readonly number[];
}

/** What the values of a label are. */
export const LABELS = {
  certificate: 'what the certificate is for: `listen`, `quotas` for their store, or `upstream:` and its name',
  decision: '`allowed`, `denied`, `no_rule` or `scopes`',
  digest: 'first digits of the digest of the configuration',
  endpoint: 'a configured path, or `none`',
  error_type:
    'empty when all went well; a JSON-RPC code; `tool_error`; `cancelled` when the client left; a fault such as `slow` or `cut`; `_OTHER`',
  fault: 'why an answer could not be passed on',
  instance: 'host and port of an instance',
  issuer: 'a configured issuer, or `unknown`',
  key: 'id of a sealing key',
  kind: 'kind of refusal, or `none`',
  mcp_method_name: 'a method of the protocol, or `none` when it could not be read',
  method: 'a method of the protocol, or `none` when it could not be read',
  metric: 'name of a metric',
  operation: '`seal` or `open`',
  outcome: 'how it ended',
  purpose: 'what the seal protects: `state`, `task` or `handle`',
  reason: 'a fixed word such as `timeout`, `connection` or `reply`',
  rule: 'id of a rule, or `none`',
  stat: '`p50`, `p99` or `max`',
  tool: 'a tool that an upstream lists, or `other`',
  upstream: 'name of an upstream, or `none`',
  would: 'what the decision would have been: `allowed`, `denied`, `no_rule` or `scopes`',
} as const;

export type LabelName = keyof typeof LABELS;

const CAP = 2000;
/** Endpoints times tools. */
const DETAIL_CAP = 5000;
/** A histogram has about twenty series per label set. */
const HISTOGRAM_CAP = 500;

/** From half a millisecond, where a gateway's own cost shows, to the minutes of a slow tool. */
const REQUEST_BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** The boundaries OpenTelemetry's conventions for MCP advise. */
const OPERATION_BOUNDS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const OVERHEAD_BOUNDS_S = [
  0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];

function counter(name: string, help: string, labels: readonly LabelName[], cap = CAP): MetricEntry {
  return { name: `mcp_gateway_${name}`, type: 'counter', help, labels, cap, aggregator: 'sum' };
}

function gauge(name: string, help: string, labels: readonly LabelName[], aggregator: Aggregator): MetricEntry {
  return { name: `mcp_gateway_${name}`, type: 'gauge', help, labels, cap: CAP, aggregator };
}

function histogram(
  name: string,
  help: string,
  labels: readonly LabelName[],
  bounds: readonly number[],
): MetricEntry & { readonly bounds: readonly number[] } {
  return { name, type: 'histogram', help, labels, cap: HISTOGRAM_CAP, aggregator: 'sum', bounds };
}

export const CATALOGUE = {
  requests: counter(
    'requests_total',
    'Requests that ended; outcome is refused, or how the answer ended.',
    ['endpoint', 'method', 'upstream', 'outcome', 'kind'],
    DETAIL_CAP,
  ),
  refusals: counter('refusals_total', 'Refusals by kind, those before a request could be read included.', ['kind']),
  toolCalls: counter(
    'tool_calls_total',
    'Calls of tools that ended.',
    ['endpoint', 'tool', 'outcome', 'kind'],
    DETAIL_CAP,
  ),
  requestDuration: histogram(
    'mcp_gateway_request_duration_seconds',
    'From the header block to the last byte of the answer.',
    ['method'],
    REQUEST_BOUNDS_S,
  ),
  serverOperation: histogram(
    'mcp_server_operation_duration_seconds',
    'Requests of clients, by the conventions of OpenTelemetry for MCP.',
    ['mcp_method_name', 'error_type'],
    OPERATION_BOUNDS_S,
  ),
  clientOperation: histogram(
    'mcp_client_operation_duration_seconds',
    'Attempts at upstreams, by the conventions of OpenTelemetry for MCP.',
    ['upstream', 'mcp_method_name', 'error_type'],
    OPERATION_BOUNDS_S,
  ),
  overhead: histogram(
    'mcp_gateway_overhead_seconds',
    'The gateway itself: whole requests less the time spent on upstreams; how slowly a client sends and takes is in it.',
    [],
    OVERHEAD_BOUNDS_S,
  ),
  validations: counter('token_validations_total', 'Tokens judged, by issuer and outcome.', ['issuer', 'outcome']),
  decisions: counter('decisions_total', 'Decisions of the policy, by rule.', ['rule', 'decision']),
  shadowDifferences: counter(
    'shadow_differences_total',
    'Requests that a rule in shadow mode would have decided otherwise.',
    ['rule', 'would'],
  ),
  quotaAdmissions: counter('quota_admissions_total', 'Requests that a quota rule let through, or did not.', [
    'rule',
    'outcome',
  ]),
  quotaStoreFailures: counter('quota_store_failures_total', 'Questions the store of the quotas did not answer.', [
    'reason',
  ]),
  seals: counter('seals_total', 'State sealed for clients and opened again.', ['purpose', 'operation', 'outcome']),
  attemptFailures: counter(
    'upstream_attempt_failures_total',
    'Attempts at an instance that gave no answer that could be passed on.',
    ['upstream', 'instance', 'fault'],
  ),
  retries: counter('upstream_retries_total', 'Requests sent to another instance.', ['upstream']),
  ejections: counter('upstream_ejections_total', 'Instances taken out after consecutive failures.', [
    'upstream',
    'instance',
  ]),
  dnsFailures: counter(
    'upstream_dns_failures_total',
    'Name look-ups that failed or found nothing; the last good addresses stay.',
    ['upstream'],
  ),
  reloads: counter('config_reloads_total', 'Reloads of the configuration, by outcome.', ['outcome']),
  auditLines: counter('audit_lines_total', 'Lines of the audit trail: written, or dropped because it was full.', [
    'outcome',
  ]),
  suppressedLines: counter('log_lines_suppressed_total', 'Lines of the log left out during a flood.', []),
  traceSpans: counter('trace_spans_total', 'Spans sent to the collector: exported, or failed.', ['outcome']),
  droppedLabelSets: counter(
    'label_sets_dropped_total',
    'Values counted with all labels other, because the metric has reached its cap of label sets.',
    ['metric'],
  ),
  inFlight: gauge('requests_in_flight', 'Requests and streams that are open.', [], 'sum'),
  streamsOpen: gauge('streams_open', 'Answers open as event streams.', [], 'sum'),
  instanceHealthy: gauge(
    'upstream_instance_healthy',
    '1 while the instance may be picked.',
    ['upstream', 'instance'],
    'min',
  ),
  instanceInFlight: gauge(
    'upstream_requests_in_flight',
    'Requests and streams open at an instance.',
    ['upstream', 'instance'],
    'sum',
  ),
  liveTasks: gauge(
    'quota_live_tasks',
    'Tasks that count as live, by rule. With Redis every process tells the number of the whole store, some seconds old: take the maximum over replicas. In memory each replica tells its own: take the sum.',
    ['rule'],
    'max',
  ),
  storeOpen: gauge(
    'quota_store_open',
    '1 while the store of the quotas is only probed because it failed (its circuit is open).',
    [],
    'max',
  ),
  issuerKeysUsable: gauge(
    'issuer_keys_usable',
    '1 while there are keys of the issuer to judge with.',
    ['issuer'],
    'min',
  ),
  issuerKeysStale: gauge(
    'issuer_keys_stale',
    '1 while the last good keys of the issuer are used because they cannot be refreshed.',
    ['issuer'],
    'max',
  ),
  certificateExpiry: gauge(
    'certificate_expiry_timestamp_seconds',
    'When a certificate of the gateway ends, or the first of its chain.',
    ['certificate'],
    'min',
  ),
  sealingKeyLoaded: gauge(
    'sealing_key_loaded_timestamp_seconds',
    'Since when the key that seals is in use in this process.',
    ['key'],
    'min',
  ),
  eventLoopDelay: gauge(
    'event_loop_delay_seconds',
    'How late the event loop was in the last half minute.',
    ['stat'],
    'max',
  ),
  configInfo: gauge('config_info', '1 for the digest of the configuration in force.', ['digest'], 'first'),
  reloadedAt: gauge(
    'config_last_reload_timestamp_seconds',
    'When a configuration was last put in force or rejected.',
    [],
    'max',
  ),
  reloadSucceeded: gauge(
    'config_last_reload_success',
    '0 while the configuration on disk is one that was rejected.',
    [],
    'min',
  ),
} as const satisfies Record<string, MetricEntry>;
