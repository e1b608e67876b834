// Every metric of the gateway: names, labels and the few calls that feed them. Label values come from fixed lists or configuration.
import { AggregatorRegistry, collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { AnswerFault, RequestRecord } from '../exchange.ts';
import type { Refusal } from '../refusal.ts';
import { DurationSeries, type MetricValues, Series } from './series.ts';

/** What the gauges of upstreams show at a scrape. */
export interface InstanceView {
  readonly upstream: string;
  readonly instance: string;
  readonly healthy: boolean;
  readonly inFlight: number;
}

export interface MetricSources {
  readonly instances: () => readonly InstanceView[];
  readonly inFlight: () => number;
  readonly configDigest: () => string;
}

/** From half a millisecond, where a gateway's own cost shows, to the minutes of a slow tool. */
const DURATION_BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export class Metrics {
  readonly registry = new Registry();
  private readonly requests = this.counter('requests_total', 'MCP requests that ended.', [
    'endpoint',
    'method',
    'upstream',
    'outcome',
  ]);
  private readonly refusals = this.counter('refusals_total', 'Requests the gateway refused, by kind.', ['kind']);
  private readonly durations = this.register(
    new DurationSeries(
      'mcp_gateway_request_duration_seconds',
      'From the header block to the last byte of the answer.',
      'method',
      DURATION_BOUNDS_S,
    ),
  );
  private readonly attemptFailures = this.counter(
    'upstream_attempt_failures_total',
    'Attempts at an instance that gave no answer that could be passed on.',
    ['upstream', 'instance', 'fault'],
  );
  private readonly retries = this.counter('upstream_retries_total', 'Requests sent to another instance.', ['upstream']);
  private readonly ejections = this.counter(
    'upstream_ejections_total',
    'Instances taken out after consecutive failures.',
    ['upstream', 'instance'],
  );
  private readonly dnsFailures = this.counter(
    'upstream_dns_failures_total',
    'Name look-ups that failed or found nothing; the last good addresses stay.',
    ['upstream'],
  );
  private readonly validations = this.counter('token_validations_total', 'Tokens judged, by issuer and outcome.', [
    'issuer',
    'outcome',
  ]);
  private readonly decisions = this.counter('decisions_total', 'Decisions of the policy, by rule.', [
    'rule',
    'decision',
  ]);
  private readonly reloads = this.counter('config_reloads_total', 'Reloads of the configuration, by outcome.', [
    'outcome',
  ]);

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge('requests_in_flight', 'Requests and streams that are open.', [], 'sum', (series) =>
      series.set(sources.inFlight()),
    );
    this.gauge(
      'upstream_instance_healthy',
      '1 while the instance may be picked.',
      ['upstream', 'instance'],
      'min',
      (series) => {
        series.clear();
        for (const view of sources.instances()) series.set(view.healthy ? 1 : 0, view.upstream, view.instance);
      },
    );
    this.gauge(
      'upstream_requests_in_flight',
      'Requests and streams open at an instance.',
      ['upstream', 'instance'],
      'sum',
      (series) => {
        series.clear();
        for (const view of sources.instances()) series.set(view.inFlight, view.upstream, view.instance);
      },
    );
    this.gauge('config_info', '1 for the digest of the configuration in force.', ['digest'], 'first', (series) => {
      series.clear();
      series.set(1, sources.configDigest());
    });
  }

  /** Counts one request that is over. */
  countRequest(record: RequestRecord, nowMs: number): void {
    const method = record.envelope?.method.name ?? 'none';
    const outcome = record.refusal === undefined ? (record.answer?.ending ?? 'client_left') : 'refused';
    this.requests.add(1, record.endpoint ?? 'none', method, record.upstream ?? 'none', outcome);
    this.durations.observe((nowMs - record.startedMs) / 1000, method);
    if (record.refusal !== undefined) this.countRefusal(record.refusal);
  }

  countRefusal(refusal: Refusal): void {
    this.refusals.add(1, refusal.kind);
  }

  countFailedAttempt(upstream: string, instance: string, fault: AnswerFault, retried: boolean): void {
    this.attemptFailures.add(1, upstream, instance, fault);
    if (retried) this.retries.add(1, upstream);
  }

  countEjection(upstream: string, instance: string): void {
    this.ejections.add(1, upstream, instance);
  }

  countDnsFailure(upstream: string): void {
    this.dnsFailures.add(1, upstream);
  }

  /** @param issuer a configured one, or `unknown`; @param outcome `ok`, or the reason of the refusal */
  countValidation(issuer: string, outcome: string): void {
    this.validations.add(1, issuer, outcome);
  }

  /** @param rule a rule's id, or `none` */
  countDecision(rule: string, decision: string): void {
    this.decisions.add(1, rule, decision);
  }

  countReload(outcome: 'applied' | 'rejected'): void {
    this.reloads.add(1, outcome);
  }

  private counter(name: string, help: string, labels: readonly string[]): Series {
    return this.register(new Series({ name: `mcp_gateway_${name}`, help, type: 'counter', aggregator: 'sum' }, labels));
  }

  private gauge(
    name: string,
    help: string,
    labels: readonly string[],
    aggregator: MetricValues['aggregator'],
    beforeScrape: (series: Series) => void,
  ): void {
    const shape = { name: `mcp_gateway_${name}`, help, type: 'gauge' as const, aggregator };
    this.register(new Series(shape, labels, beforeScrape));
  }

  /** The registry asks a metric for no more than its name and `get`. */
  private register<T extends Series | DurationSeries>(metric: T): T {
    this.registry.registerMetric(metric as unknown as Metric);
    return metric;
  }
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics of one process, as plain values that can travel to another. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The text of a scrape: the sums over several processes, by each metric's own rule. */
export function mergeMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}
