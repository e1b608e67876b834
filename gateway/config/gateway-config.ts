// The checked configuration: what the rest of the gateway reads, with units in its names and every default filled in.
import type { CredentialConfig } from './credential-config.ts';
import type { IdentityConfig } from './identity-config.ts';

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
  /** The resource identifier of the upstream itself, where the file gives one. */
  readonly resource: string | undefined;
  /** How the gateway proves itself there; undefined: not at all. */
  readonly credential: CredentialConfig | undefined;
  /** PEM contents. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface EndpointConfig {
  readonly path: string;
  /** The resource identifier that tokens must carry. */
  readonly resource: string;
  /** In order; the first that matches wins. */
  readonly routes: readonly RouteConfig[];
  /** Exact `iss` values whose tokens count here; undefined: all of `identity.issuers`. */
  readonly issuers: readonly string[] | undefined;
  /** What no rule allows is denied. Undefined: the gate is open, which only `identity.anonymous` permits. */
  readonly access: readonly AccessRule[] | undefined;
  readonly onDeny: 'challenge' | 'hide';
  /** Extension id -> those clients of this endpoint for whom it exists. */
  readonly extensions: ReadonlyMap<string, Grant>;
}

/** An empty list or map matches everything. */
export interface RouteConfig {
  readonly methods: readonly string[];
  readonly names: readonly string[];
  /** Lower-cased header name without `mcp-param-` -> glob. */
  readonly params: ReadonlyMap<string, string>;
  readonly upstream: string;
}

/** One rule of an access file. An empty list of globs covers nothing of its kind; never are all three empty. */
export interface AccessRule {
  /** Unique within its endpoint. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** Globs of names: `*` matches anything. */
  readonly tools: readonly string[];
  readonly prompts: readonly string[];
  /** Globs of URIs: `*` matches within a segment, `**` across. */
  readonly resources: readonly string[];
  /** Undefined: everyone, which only a deny may leave unsaid. */
  readonly to: Grant | undefined;
}

/**
 * Whom something is for: everyone, or those who fit every list and map that is not empty.
 *
 * Of `scopes` all are needed; of the others any entry will do. Never is everything empty.
 */
export interface Grant {
  readonly everyone: boolean;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  readonly subjects: readonly string[];
  readonly clients: readonly string[];
  readonly issuers: readonly string[];
  /** Claim, by name or dotted path -> values, any of them; every claim named must fit. */
  readonly claims: ReadonlyMap<string, readonly string[]>;
}
