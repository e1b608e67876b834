// Opens connections to one instance: to a chosen address if there is one, always proving the name in the URL.
import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { UpstreamSettings } from './upstream-settings.ts';

/**
 * Certificates are verified whatever the environment says, and against the host name of `url` whatever a request's
 * `Host` header says (left alone, undici takes the name to verify from that header). `address` is what a DNS name
 * resolved to.
 */
export function makeConnector(
  url: URL,
  address: string | undefined,
  { timeouts, tls }: Pick<UpstreamSettings, 'timeouts' | 'tls'>,
): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: timeouts.connectMs, rejectUnauthorized: true });
  const servername = toServerName(url);
  return (options, callback) => {
    connect({ ...options, hostname: address ?? options.hostname, ...servername }, callback);
  };
}

/** SNI carries names without a final dot (RFC 6066, section 3), and never addresses. */
function toServerName(url: URL): { servername?: string } {
  const name = url.hostname.replace(/\.$/, '');
  return name.startsWith('[') || isIP(name) !== 0 ? {} : { servername: name };
}
