// Makes the checked form of one upstream: units into the names, files into contents.
import type { InstanceSource, UpstreamConfig } from './gateway-config.ts';
import type { TlsContents } from './read-tls.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedUpstream = Checked['upstreams'] extends Map<string, infer U> ? U : never;

/** Takes an upstream that fits the shape, and the contents of its TLS files where it names any. */
export function compileUpstream(name: string, raw: CheckedUpstream, tls: TlsContents | undefined): UpstreamConfig {
  const { timeouts, health } = raw;
  return {
    name,
    source: toSource(raw),
    balance: raw.balance,
    timeouts: {
      connectMs: timeouts.connect,
      headersMs: timeouts.headers,
      idleMs: timeouts.idle,
      totalMs: timeouts.total,
    },
    health: {
      ...(health.active && { active: { everyMs: health.active.every, timeoutMs: health.active.timeout } }),
      ejectAfter: health.ejectAfter,
      ejectForMs: health.ejectFor,
      ejectAtMost: health.ejectAtMost,
    },
    ...(tls && { tls }),
  };
}

function toSource({ instances, dns }: CheckedUpstream): InstanceSource {
  if (dns !== undefined) return { kind: 'dns', url: dns.url, refreshMs: dns.refresh };
  return { kind: 'fixed', instances: instances ?? [] };
}
