// What a scrape asks the rest of the process for, and the gauges that show it.
import { CATALOGUE, type MetricEntry } from './metrics-catalogue.ts';
import { startLooking, watchEventLoop } from './metrics-event-loop.ts';
import type { Series } from './series.ts';

/** What the gauges of upstreams show at a scrape. */
export interface InstanceView {
  readonly upstream: string;
  readonly instance: string;
  readonly healthy: boolean;
  readonly inFlight: number;
}

export interface IssuerView {
  readonly issuer: string;
  readonly hasKeys: boolean;
  readonly stale: boolean;
}

/** Asked at a scrape only, but for `isKnownTool`. */
export interface MetricSources {
  readonly instances: () => readonly InstanceView[];
  readonly inFlight: () => number;
  readonly configDigest: () => string;
  /** Event streams that are open. */
  readonly streams?: () => number;
  readonly liveTasks?: () => readonly { readonly rule: string; readonly live: number }[];
  /** True while the store of the quotas is only probed. */
  readonly quotaStoreOpen?: () => boolean;
  readonly issuers?: () => readonly IssuerView[];
  readonly certificates?: () => readonly { readonly certificate: string; readonly notAfterEpochMs: number }[];
  /** The key that seals. */
  readonly sealingKeys?: () => readonly { readonly key: string; readonly loadedEpochMs: number }[];
  /** Asked for each call of a tool: whether this name may stand in a label. */
  readonly isKnownTool?: (endpoint: string, tool: string) => boolean;
}

type AddGauge = (entry: MetricEntry, beforeScrape: (series: Series) => void) => void;

/** Adds the gauges that only a scrape sets. */
export function addGauges(sources: MetricSources, nowMs: () => number, add: AddGauge): void {
  const readDelay = watchEventLoop(startLooking(), nowMs);
  add(CATALOGUE.inFlight, (series) => series.set(sources.inFlight()));
  add(CATALOGUE.streamsOpen, (series) => series.set(sources.streams?.() ?? 0));
  add(CATALOGUE.instanceHealthy, (series) => {
    series.clear();
    for (const view of sources.instances()) series.set(view.healthy ? 1 : 0, view.upstream, view.instance);
  });
  add(CATALOGUE.instanceInFlight, (series) => {
    series.clear();
    for (const view of sources.instances()) series.set(view.inFlight, view.upstream, view.instance);
  });
  add(CATALOGUE.liveTasks, (series) => {
    series.clear();
    for (const { rule, live } of sources.liveTasks?.() ?? []) series.set(live, rule);
  });
  add(CATALOGUE.storeOpen, (series) => series.set(sources.quotaStoreOpen?.() === true ? 1 : 0));
  add(CATALOGUE.issuerKeysUsable, (series) => {
    series.clear();
    for (const { issuer, hasKeys } of sources.issuers?.() ?? []) series.set(hasKeys ? 1 : 0, issuer);
  });
  add(CATALOGUE.issuerKeysStale, (series) => {
    series.clear();
    for (const { issuer, stale } of sources.issuers?.() ?? []) series.set(stale ? 1 : 0, issuer);
  });
  add(CATALOGUE.certificateExpiry, (series) => {
    series.clear();
    for (const { certificate, notAfterEpochMs } of sources.certificates?.() ?? [])
      series.set(notAfterEpochMs / 1000, certificate);
  });
  add(CATALOGUE.sealingKeyLoaded, (series) => {
    series.clear();
    for (const { key, loadedEpochMs } of sources.sealingKeys?.() ?? []) series.set(loadedEpochMs / 1000, key);
  });
  add(CATALOGUE.eventLoopDelay, (series) => {
    const { p50, p99, max } = readDelay();
    series.set(p50, 'p50');
    series.set(p99, 'p99');
    series.set(max, 'max');
  });
  add(CATALOGUE.configInfo, (series) => {
    series.clear();
    series.set(1, sources.configDigest());
  });
}
