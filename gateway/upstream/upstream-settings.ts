// What the configuration says of one upstream, checked and in plain units; compared whole to see if a reload changed it.

/** Where the instances of an upstream come from. */
export type InstanceSource =
  | { readonly kind: 'fixed'; readonly instances: readonly string[] }
  /** Every address the host name of `url` resolves to is one instance. */
  | { readonly kind: 'dns'; readonly url: string; readonly refreshMs: number };

interface UpstreamTimeouts {
  /** Until the connection stands, TLS included. undici's coarse clock may add up to half a second. */
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Active checks: a `server/discover` of our own, sent to each instance. */
export interface ActiveCheckSettings {
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export interface HealthSettings {
  readonly active?: ActiveCheckSettings | undefined;
  /** Consecutive failures of traffic that take an instance out of service; 1 or more. */
  readonly ejectAfter: number;
  /** How long the first ejection lasts; each one more in a row adds as much, up to ten times. */
  readonly ejectForMs: number;
  /** Share of the instances, 0 to 1, that traffic may keep out of service at one time; rounded down. */
  readonly ejectAtMost: number;
}

/** PEM texts, not file names. With `ca`, only certificates it signed are trusted; without, the public ones are. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly source: InstanceSource;
  readonly balance: 'round-robin' | 'least-requests';
  readonly timeouts: UpstreamTimeouts;
  readonly health: HealthSettings;
  readonly tls?: TlsSettings | undefined;
}
