// The few calls that feed every metric of one process, and what a scrape gets. Label values come from fixed lists, configuration or known names.
import type { AnswerFault, AttemptOutcome, RequestRecord } from '../exchange.ts';
import type { DecisionNote, Refusal } from '../refusal.ts';
import { CONTENT_TYPES, chooseFormat } from './metrics-accept.ts';
import { CATALOGUE, type MetricEntry } from './metrics-catalogue.ts';
import { toAttemptErrorType, toErrorType } from './metrics-error-type.ts';
import { type MetricsSnapshot, mergeSnapshots } from './metrics-merge.ts';
import { watchNode } from './metrics-node.ts';
import { addGauges, type MetricSources } from './metrics-sources.ts';
import { writeMetrics } from './metrics-text.ts';
import { Series } from './series.ts';
import { DurationSeries } from './series-duration.ts';
import { OTHER } from './series-labels.ts';

export type { MetricsSnapshot } from './metrics-merge.ts';
export type { InstanceView, MetricSources } from './metrics-sources.ts';

export interface MetricClocks {
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
}

/** One attempt at an instance that is over. */
export interface EndedAttempt {
  readonly upstream: string;
  /** Name of a known method. */
  readonly method: string;
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
  readonly trace: RequestRecord['trace'];
}

export type QuotaOutcome =
  | 'admitted'
  | 'refused'
  | 'inline' // a task was answered at once instead
  | 'store_allowed' // the store failed, and the rule lets requests pass then
  | 'store_denied'; // the store failed, and the rule does not

export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

const CLOCKS: MetricClocks = { epochMs: Date.now, nowMs: () => performance.now() };

export class Metrics {
  /** What a scrape without wishes gets. */
  readonly registry = {
    metrics: async (): Promise<string> => (await this.render(undefined)).body,
  };
  private readonly clocks: MetricClocks;
  private readonly isKnownTool: (endpoint: string, tool: string) => boolean;
  private readonly collectNode = watchNode();
  private readonly series: (Series | DurationSeries)[] = [];
  private readonly requests = this.count(CATALOGUE.requests);
  private readonly refusals = this.count(CATALOGUE.refusals);
  private readonly toolCalls = this.count(CATALOGUE.toolCalls);
  private readonly requestDuration = this.measure(CATALOGUE.requestDuration);
  private readonly serverOperation = this.measure(CATALOGUE.serverOperation);
  private readonly clientOperation = this.measure(CATALOGUE.clientOperation);
  private readonly overhead = this.measure(CATALOGUE.overhead);
  private readonly validations = this.count(CATALOGUE.validations);
  private readonly decisions = this.count(CATALOGUE.decisions);
  private readonly shadowDifferences = this.count(CATALOGUE.shadowDifferences);
  private readonly quotaAdmissions = this.count(CATALOGUE.quotaAdmissions);
  private readonly quotaStoreFailures = this.count(CATALOGUE.quotaStoreFailures);
  private readonly seals = this.count(CATALOGUE.seals);
  private readonly attemptFailures = this.count(CATALOGUE.attemptFailures);
  private readonly retries = this.count(CATALOGUE.retries);
  private readonly ejections = this.count(CATALOGUE.ejections);
  private readonly dnsFailures = this.count(CATALOGUE.dnsFailures);
  private readonly reloads = this.count(CATALOGUE.reloads);
  private readonly auditLines = this.count(CATALOGUE.auditLines);
  private readonly suppressedLines = this.count(CATALOGUE.suppressedLines);
  private readonly traceSpans = this.count(CATALOGUE.traceSpans);
  private readonly droppedLabelSets = this.count(CATALOGUE.droppedLabelSets);
  private readonly reloadedAt = this.hold(CATALOGUE.reloadedAt);
  private readonly reloadSucceeded = this.hold(CATALOGUE.reloadSucceeded);

  constructor(sources: MetricSources, clocks: MetricClocks = CLOCKS) {
    this.clocks = clocks;
    this.isKnownTool = sources.isKnownTool ?? (() => false);
    addGauges(sources, clocks.nowMs, (entry, beforeScrape) => this.hold(entry, beforeScrape));
    this.reloadedAt.set(clocks.epochMs() / 1000);
    this.reloadSucceeded.set(1);
  }

  /** Counts one request that is over. @param nowMs on the clock of `record.startedMs` */
  countRequest(record: RequestRecord, nowMs: number): void {
    const { refusal, envelope, trace } = record;
    const method = envelope?.method.name ?? 'none';
    const endpoint = record.endpoint ?? 'none';
    const outcome = refusal === undefined ? (record.answer?.ending ?? 'client_left') : 'refused';
    const kind = refusal?.kind ?? 'none';
    const seconds = (nowMs - record.startedMs) / 1000;
    const traceId = trace?.sampled === true ? trace.traceId : undefined;
    this.requests.add(1, endpoint, method, record.upstream ?? 'none', outcome, kind);
    this.requestDuration.observe(seconds, traceId, method);
    this.serverOperation.observe(seconds, traceId, method, toErrorType(record));
    if (record.upstreamMs > 0) this.overhead.observe(Math.max(0, seconds - record.upstreamMs / 1000), traceId);
    if (method === 'tools/call') {
      const tool = envelope?.name ?? OTHER;
      this.toolCalls.add(1, endpoint, this.isKnownTool(endpoint, tool) ? tool : OTHER, outcome, kind);
    }
    if (refusal !== undefined) this.countRefusal(refusal);
  }

  /** Counts a refusal that never became a request. */
  countRefusal(refusal: Refusal): void {
    this.refusals.add(1, refusal.kind);
  }

  countAttempt({ upstream, method, outcome, durationMs, trace }: EndedAttempt): void {
    const traceId = trace?.sampled === true ? trace.traceId : undefined;
    this.clientOperation.observe(durationMs / 1000, traceId, upstream, method, toAttemptErrorType(outcome));
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

  /** @param would what the rule in shadow mode would have decided */
  countShadowDifference(rule: string, would: DecisionNote['outcome']): void {
    this.shadowDifferences.add(1, rule, would);
  }

  countQuotaAdmission(rule: string, outcome: QuotaOutcome): void {
    this.quotaAdmissions.add(1, rule, outcome);
  }

  /** @param reason a fixed word such as `timeout` */
  countQuotaStoreFailure(reason: string): void {
    this.quotaStoreFailures.add(1, reason);
  }

  /** @param outcome `ok`, or a fixed word for why it could not be opened */
  countSeal(purpose: 'state' | 'task' | 'handle', operation: 'seal' | 'open', outcome: string): void {
    this.seals.add(1, purpose, operation, outcome);
  }

  countReload(outcome: 'applied' | 'rejected'): void {
    this.reloads.add(1, outcome);
    this.reloadedAt.set(this.clocks.epochMs() / 1000);
    this.reloadSucceeded.set(outcome === 'applied' ? 1 : 0);
  }

  countAuditLines(outcome: 'written' | 'dropped', lines = 1): void {
    this.auditLines.add(lines, outcome);
  }

  countSuppressedLines(lines: number): void {
    this.suppressedLines.add(lines);
  }

  countSpans(outcome: 'exported' | 'failed', spans: number): void {
    this.traceSpans.add(spans, outcome);
  }

  /** All metrics now, for a process that sums up several. */
  async snapshot(): Promise<MetricsSnapshot> {
    return [...this.series.map((series) => series.collect()), ...(await this.collectNode())];
  }

  /** @param accept the scraper's `Accept` header */
  async render(accept: string | undefined): Promise<Scrape> {
    return renderSnapshots([await this.snapshot()], accept);
  }

  private count(entry: MetricEntry): Series {
    return this.keep(new Series(entry, { type: 'counter', aggregator: entry.aggregator }, this.onDrop(entry)));
  }

  private hold(entry: MetricEntry, beforeScrape?: (series: Series) => void): Series {
    const kind = { type: 'gauge', aggregator: entry.aggregator } as const;
    return this.keep(new Series(entry, kind, this.onDrop(entry), beforeScrape));
  }

  private measure(entry: MetricEntry & { readonly bounds: readonly number[] }): DurationSeries {
    const deps = { onDrop: this.onDrop(entry), epochMs: () => this.clocks.epochMs() };
    return this.keep(new DurationSeries(entry, entry.bounds, deps));
  }

  private onDrop({ name }: MetricEntry): () => void {
    return () => this.droppedLabelSets.add(1, name);
  }

  private keep<T extends Series | DurationSeries>(series: T): T {
    this.series.push(series);
    return series;
  }
}

/** The text of a scrape over several processes, in the format the scraper asks for. */
export async function renderSnapshots(
  snapshots: readonly MetricsSnapshot[],
  accept: string | undefined,
): Promise<Scrape> {
  const format = chooseFormat(accept);
  return { contentType: CONTENT_TYPES[format], body: await writeMetrics(await mergeSnapshots(snapshots), format) };
}
