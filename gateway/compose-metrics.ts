// Shows metrics and readiness what a process looks like, and says which names may stand in labels.
import type { Counters } from './compose-quota.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Check } from './edge/admin-app.ts';
import type { LiveExchanges } from './edge/live-exchanges.ts';
import type { IssuerRegistry } from './identity/issuer-registry.ts';
import type { InstanceView, MetricSources } from './observe/metrics.ts';
import { readExpiry } from './observe/read-expiry.ts';
import type { SealingKey } from './sealing/sealing-key.ts';
import type { Catalogs } from './upstream/catalogs.ts';
import type { Fleet } from './upstream/upstream-fleet.ts';

/** What is in force, as far as gauges show it. */
export interface Gauged {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
  readonly registry: IssuerRegistry;
  readonly catalogs: Catalogs;
  readonly counters: Counters;
  readonly certificates: ReturnType<typeof readCertificates>;
  readonly sealingKey: LoadedKey | undefined;
}

/** The key that seals, and since when it does in this process. */
export interface LoadedKey {
  readonly key: SealingKey;
  readonly epochMs: number;
}

/** Names that an upstream's list has shown, so that they may stand in a label. */
export interface KnownNames {
  readonly isKnownTool: (endpoint: string, tool: string) => boolean;
  readonly isKnownPrompt: (endpoint: string, prompt: string) => boolean;
}

export function makeKnownNames(active: () => Pick<Gauged, 'config' | 'catalogs'>): KnownNames {
  const upstreamsOf = (endpoint: string): readonly string[] =>
    active()
      .config.endpoints.get(endpoint)
      ?.routes.map(({ upstream }) => upstream) ?? [];
  return {
    isKnownTool: (endpoint, tool) => upstreamsOf(endpoint).some((name) => active().catalogs.isKnownTool(name, tool)),
    isKnownPrompt: (endpoint, prompt) =>
      upstreamsOf(endpoint).some((name) => active().catalogs.isKnownPrompt(name, prompt)),
  };
}

export function toMetricSources(
  live: LiveExchanges,
  active: () => Gauged,
): Omit<MetricSources, 'isKnownTool' | 'quotaStoreOpen'> {
  return {
    inFlight: () => live.size,
    streams: () => live.streams,
    configDigest: () => active().config.digest,
    instances: () => active().fleet.upstreams.flatMap(toInstanceViews),
    issuers: () => active().registry.issuers,
    liveTasks: () => active().counters.store.liveTasks(),
    certificates: () => active().certificates,
    sealingKeys: () => {
      const { sealingKey } = active();
      return sealingKey === undefined ? [] : [{ key: sealingKey.key.id, loadedEpochMs: sealingKey.epochMs }];
    },
  };
}

/** The gateway's own certificates, by what each is for. */
export function readCertificates({ listen, quotas, upstreams }: GatewayConfig) {
  const store = quotas?.store;
  const named: readonly (readonly [string, string | undefined])[] = [
    ['listen', listen.tls?.cert],
    ['quotas', store?.kind === 'redis' ? store.tls?.cert : undefined],
    ...[...upstreams.values()].map(({ name, tls }) => [`upstream:${name}`, tls?.cert] as const),
  ];
  return named.flatMap(([certificate, pem]) => {
    const notAfterEpochMs = pem === undefined ? undefined : readExpiry(pem);
    return notAfterEpochMs === undefined ? [] : [{ certificate, notAfterEpochMs }];
  });
}

/** A key that was in use already keeps its time. */
export function toLoadedKey(
  keys: readonly SealingKey[],
  epochMs: number,
  previous: LoadedKey | undefined,
): LoadedKey | undefined {
  const key = keys.find(({ openOnly }) => !openOnly);
  if (key === undefined) return undefined;
  const isSame = previous?.key.id === key.id && previous.key.secret === key.secret;
  return isSame ? previous : { key, epochMs };
}

/** From now on the store tells the tasks of the rules in force. */
export function watchTasks({ config, counters }: Pick<Gauged, 'config' | 'counters'>): void {
  const rules = config.quotas?.rules ?? [];
  counters.store.watchLiveTasks(rules.filter(({ tasks }) => tasks?.live !== undefined).map(({ id }) => id));
}

function toInstanceViews({ name, instances }: Fleet['upstreams'][number]): readonly InstanceView[] {
  return instances.map(({ label, state, inFlight }) => ({
    upstream: name,
    instance: label,
    healthy: state === 'healthy',
    inFlight,
  }));
}

/** What readiness tells of issuers and upstreams; none of it takes the gateway out of rotation. */
export function toChecks({ registry, fleet }: Pick<Gauged, 'registry' | 'fleet'>): readonly Check[] {
  return [...registry.issuers.map(toIssuerCheck), ...fleet.upstreams.map(toUpstreamCheck)];
}

function toIssuerCheck({ issuer, hasKeys, stale }: IssuerRegistry['issuers'][number]): Check {
  const detail = hasKeys ? (stale ? 'last good keys, refresh fails' : 'keys') : 'no keys';
  return { name: `issuer ${issuer}`, ok: hasKeys && !stale, decides: false, detail };
}

function toUpstreamCheck({ name, instances, hasInstances }: Fleet['upstreams'][number]): Check {
  const healthy = instances.filter(({ state }) => state === 'healthy').length;
  const detail = `${healthy} of ${instances.length} instances healthy`;
  return { name: `upstream ${name}`, ok: hasInstances, decides: false, detail };
}
