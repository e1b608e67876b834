// Makes the checked configuration out of a file that fits the shape and whose references hold.
import { isIPv6 } from 'node:net';
import { compileEndpoint } from './compile-endpoint.ts';
import { compileUpstream } from './compile-upstream.ts';
import type { GatewayConfig, ListenConfig } from './gateway-config.ts';
import type { TlsContents } from './read-tls.ts';
import type { Checked } from './shape/gateway.ts';

export interface TlsFiles {
  readonly listen: TlsContents | undefined;
  /** By upstream name. */
  readonly upstreams: ReadonlyMap<string, TlsContents>;
}

type Origin = Pick<GatewayConfig, 'digest' | 'files'>;

/** Takes checked values only: nothing is refused here any more. */
export function compileConfig(raw: Checked, tls: TlsFiles, origin: Origin): GatewayConfig {
  const listen = compileListen(raw.listen, tls.listen);
  const publicUrl = raw.publicUrl ?? toOrigin(listen);
  const extensions = [...(raw.extensions?.keys() ?? [])];
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
    },
    workers: raw.workers,
    drain: { graceMs: raw.drain.grace, noticeMs: raw.drain.notice },
    identity: raw.identity,
    upstreams: mapValues(raw.upstreams, (name, upstream) => compileUpstream(name, upstream, tls.upstreams.get(name))),
    endpoints: mapValues(raw.endpoints, (path, endpoint) => compileEndpoint(path, endpoint, { publicUrl, extensions })),
    telemetry: raw.telemetry,
    ...origin,
  };
}

function compileListen({ host, port }: Checked['listen'], tls: TlsContents | undefined): ListenConfig {
  const { cert, key } = tls ?? {};
  return cert === undefined || key === undefined ? { host, port } : { host, port, tls: { cert, key } };
}

function toOrigin({ host, port, tls }: ListenConfig): string {
  return new URL(`${tls === undefined ? 'http' : 'https'}://${inUrl(host)}:${port}`).origin;
}

/** Without a list: what `publicUrl` and `listen` say. A port that the system will choose is left out. */
function toAllowedHosts(
  hosts: readonly string[] | undefined,
  publicUrl: string,
  { host, port }: ListenConfig,
): readonly string[] | 'any' {
  if (hosts?.includes('*')) return 'any';
  const own = inUrl(host).toLowerCase();
  return [...new Set(hosts ?? [new URL(publicUrl).host, port === 0 ? own : `${own}:${port}`])];
}

const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

function mapValues<V, W>(map: ReadonlyMap<string, V>, make: (name: string, value: V) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([name, value]) => [name, make(name, value)]));
}
