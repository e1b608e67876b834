// The checked configuration: what the rest of the gateway reads, with units in its names and every default filled in.

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
  readonly identity: { readonly anonymous: boolean };
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /** By path. */
  readonly endpoints: ReadonlyMap<string, EndpointConfig>;
  readonly telemetry: { readonly log: { readonly level: LogLevel; readonly format: LogFormat } };
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
}

interface LimitsConfig {
  readonly bodyBytes: number;
  readonly headersBytes: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
}

type Balance = 'round-robin' | 'least-requests';
type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
type LogFormat = 'json' | 'pretty';

/** Where an upstream's instances come from: a list, or the addresses a name resolves to. */
export type InstanceSource =
  | { readonly kind: 'fixed'; readonly instances: readonly string[] }
  | { readonly kind: 'dns'; readonly url: string; readonly refreshMs: number };

export interface UpstreamConfig {
  readonly name: string;
  readonly source: InstanceSource;
  readonly balance: Balance;
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
  /** PEM contents. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface EndpointConfig {
  readonly path: string;
  /** The resource identifier that tokens must carry. */
  readonly resource: string;
  /** In order; the first that matches wins. */
  readonly routes: readonly RouteConfig[];
  /** Extension ids that exist for clients of this endpoint. */
  readonly extensions: readonly string[];
}

/** An empty list or map matches everything. */
export interface RouteConfig {
  readonly methods: readonly string[];
  readonly names: readonly string[];
  /** Lower-cased header name without `mcp-param-` -> glob. */
  readonly params: ReadonlyMap<string, string>;
  readonly upstream: string;
}
