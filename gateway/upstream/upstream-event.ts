// What an upstream tells metrics and log while it runs: changes only, never one per request.

export type UpstreamEventKind =
  | 'ejected' // traffic failed there too often; out of service for a while
  | 'returned' // an ejection is over
  | 'unhealthy' // active checks say it is down
  | 'healthy' // active checks say it is up again
  | 'dns_failed' // no usable answer; the last good set stays
  | 'dns_changed'; // the set of addresses is another one

export interface UpstreamEvent {
  readonly kind: UpstreamEventKind;
  readonly upstream: string;
  /** Label of the instance, where the event is about one. */
  readonly instance?: string;
  /** For the log alone: why a name did not resolve. */
  readonly cause?: unknown;
}
