// The checked configuration: what the rest of the gateway reads, with units in its names and every default filled in.
import type { CredentialConfig } from './credential-config.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import type { IdentityConfig } from './identity-config.ts';
import type { QuotasConfig } from './quotas-config.ts';
import type { SealingConfig } from './sealing-config.ts';
import type { TelemetryConfig } from './telemetry-config.ts';

export type { EndpointConfig } from './endpoint-config.ts';

/** One whole configuration. Nothing in it changes after it was made; a reload makes another one. */
export interface GatewayConfig {
  readonly listen: ListenConfig;
  readonly admin: AddressConfig;
  /** The origin clients use, without a trailing slash. */
  readonly publicUrl: string;
  /** Lower case, with a port or without; `any` when the file says `*`. */
  readonly allowedHosts: readonly string[] | 'any';
  /** As browsers write them in `Origin`. */
  readonly allowedOrigins: readonly string[];
  readonly limits: LimitsConfig;
  readonly workers: number;
  readonly drain: { readonly graceMs: number; readonly noticeMs: number };
  readonly identity: IdentityConfig;
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /** By path. */
  readonly endpoints: ReadonlyMap<string, EndpointConfig>;
  /** Undefined: nothing is counted. */
  readonly quotas: QuotasConfig | undefined;
  readonly sealing: SealingConfig;
  readonly telemetry: TelemetryConfig;
  /** 16 hex digits over every file read and every environment value used. */
  readonly digest: string;
  /** Absolute paths of all files read, the configuration file first. */
  readonly files: readonly string[];
}

interface AddressConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface ListenConfig extends AddressConfig {
  /** PEM contents. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Addresses and CIDR blocks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

interface LimitsConfig {
  readonly bodyBytes: number;
  readonly headersBytes: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  /** Most requests in work at once. */
  readonly inFlight: number;
  /** Most bytes of bodies held at once. */
  readonly queuedBytes: number;
  /** Beyond this delay of the event loop new requests are turned away; 0: never. */
  readonly eventLoopDelayMs: number;
}

type Balance = 'round-robin' | 'least-requests';

/** Where an upstream's instances come from: a list, or the addresses a name resolves to. */
export type InstanceSource =
  | { readonly kind: 'fixed'; readonly instances: readonly string[] }
  | { readonly kind: 'dns'; readonly url: string; readonly refreshMs: number };

export interface UpstreamConfig {
  readonly name: string;
  readonly source: InstanceSource;
  readonly balance: Balance;
  /** Whether `Mcp-Param-…` headers are compared with the arguments, or passed on as they came. */
  readonly paramHeaders: 'check' | 'forward';
  readonly timeouts: {
    readonly connectMs: number;
    readonly headersMs: number;
    readonly idleMs: number;
    readonly totalMs: number;
  };
  readonly health: {
    /** Absent: judged by traffic alone. */
    readonly active?: { readonly everyMs: number; readonly timeoutMs: number };
    readonly ejectAfter: number;
    readonly ejectForMs: number;
    /** A fraction from 0 to 1. */
    readonly ejectAtMost: number;
  };
  /** The resource identifier of the upstream itself, where the file gives one. */
  readonly resource: string | undefined;
  /** How the gateway proves itself there; undefined: not at all. */
  readonly credential: CredentialConfig | undefined;
  /** PEM contents. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}
