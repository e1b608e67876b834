// Makes the checked configuration out of a file that fits the shape and whose references hold.
import { compileEndpoint } from './compile-endpoint.ts';
import { compileIdentity } from './compile-identity.ts';
import { compileQuotas } from './compile-quotas.ts';
import { compileSealing } from './compile-sealing.ts';
import { compileUpstream, type UpstreamContents } from './compile-upstream.ts';
import type { AccessRule } from './endpoint-config.ts';
import type { GatewayConfig, ListenConfig } from './gateway-config.ts';
import { getPublicUrl, toUrlHost } from './get-resource.ts';
import { isLoopback, isWildcard } from './host-kind.ts';
import type { QuotaStoreConfig } from './quotas-config.ts';
import type { TlsContents } from './read-tls.ts';
import type { SealingConfig } from './sealing-config.ts';
import type { Checked } from './shape/gateway.ts';
import type { TelemetryConfig } from './telemetry-config.ts';

/** What the files say that the configuration names. */
export interface Contents {
  readonly listen: TlsContents | undefined;
  /** By upstream name. */
  readonly upstreams: ReadonlyMap<string, UpstreamContents>;
  /** By path of the endpoint. */
  readonly access: ReadonlyMap<string, readonly AccessRule[]>;
  /** Undefined where the file has none. */
  readonly store: QuotaStoreConfig | undefined;
  readonly keys: SealingConfig['keys'];
  readonly audit: TelemetryConfig['audit'];
  readonly traces: TelemetryConfig['traces'];
}

type Origin = Pick<GatewayConfig, 'digest' | 'files'>;

/** Any port: entries without one fit all. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Takes checked values only: nothing is refused here any more. */
export function compileConfig(raw: Checked, contents: Contents, origin: Origin): GatewayConfig {
  const listen = compileListen(raw.listen, contents.listen);
  const publicUrl = getPublicUrl(raw.publicUrl, listen);
  const { extensions, meta, quotas, telemetry } = raw;
  const { store, keys, audit, traces } = contents;
  return {
    listen,
    admin: raw.admin,
    publicUrl,
    allowedHosts: toAllowedHosts(raw.allowedHosts, publicUrl, listen),
    allowedOrigins: raw.allowedOrigins,
    limits: {
      bodyBytes: raw.limits.body,
      headersBytes: raw.limits.headers,
      requestTimeoutMs: raw.limits.requestTimeout,
      connections: raw.limits.connections,
      inFlight: raw.limits.inFlight,
      queuedBytes: raw.limits.queuedBytes,
      eventLoopDelayMs: raw.limits.eventLoopDelay,
    },
    workers: raw.workers,
    drain: { graceMs: raw.drain.grace, noticeMs: raw.drain.notice },
    identity: compileIdentity(raw.identity),
    upstreams: mapValues(raw.upstreams, (name, upstream) =>
      compileUpstream(name, upstream, { publicUrl, ...contents.upstreams.get(name) }),
    ),
    endpoints: mapValues(raw.endpoints, (path, endpoint) =>
      compileEndpoint(path, endpoint, { publicUrl, extensions, meta, rules: contents.access.get(path) }),
    ),
    quotas: quotas && store && compileQuotas(quotas, store),
    sealing: compileSealing(raw.sealing, keys),
    telemetry: { log: telemetry.log, audit, traces },
    ...origin,
  };
}

function compileListen({ host, port, trustedProxies }: Checked['listen'], tls: TlsContents | undefined): ListenConfig {
  const { cert, key } = tls ?? {};
  return cert === undefined || key === undefined
    ? { host, port, trustedProxies }
    : { host, port, trustedProxies, tls: { cert, key } };
}

/**
 * Without a list: what `publicUrl` and `listen` say, and the names of this machine for itself where the listener can be
 * reached by them. A port that the system will choose is left out.
 */
function toAllowedHosts(
  hosts: readonly string[] | undefined,
  publicUrl: string,
  { host, port }: ListenConfig,
): readonly string[] | 'any' {
  if (hosts?.includes('*')) return 'any';
  const own = toUrlHost(host).toLowerCase();
  const local = isLoopback(host) || isWildcard(host) ? LOCAL_HOSTS : [];
  return [...new Set(hosts ?? [new URL(publicUrl).host, port === 0 ? own : `${own}:${port}`, ...local])];
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, make: (name: string, value: V) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([name, value]) => [name, make(name, value)]));
}
