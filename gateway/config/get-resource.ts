// The identifiers that are built when the file gives none: the public origin, and resources from it.
import { isIPv6 } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Anything that is not undefined: HTTPS. */
  readonly tls?: object | undefined;
}

/** The origin clients use: as configured, or the address of the listener. */
export function getPublicUrl(configured: string | undefined, { host, port, tls }: Address): string {
  return configured ?? new URL(`${tls === undefined ? 'http' : 'https'}://${toUrlHost(host)}:${port}`).origin;
}

/** The resource identifier of the endpoint at `path`. */
export function getResource(path: string, configured: string | undefined, publicUrl: string): string {
  return configured ?? `${publicUrl}${path}`;
}

/** The first URL of an upstream: its resource identifier when it has no other. */
export function getFirstUrl(upstream: {
  readonly instances?: readonly string[] | undefined;
  readonly dns?: { readonly url: string } | undefined;
}): string {
  return upstream.dns?.url ?? upstream.instances?.[0] ?? '';
}

/** A host as URLs write it: IPv6 in brackets. */
export const toUrlHost = (host: string): string => (isIPv6(host) ? `[${host}]` : host);
