// Makes the checked form of one upstream: units into the names, files into contents.
import { compileCredential } from './compile-credential.ts';
import type { InstanceSource, UpstreamConfig } from './gateway-config.ts';
import { getFirstUrl } from './get-resource.ts';
import type { CredentialContents } from './read-credential.ts';
import type { TlsContents } from './read-tls.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedUpstream = Checked['upstreams'] extends Map<string, infer U> ? U : never;

/** What the files say that one upstream names. */
export interface UpstreamContents {
  readonly tls?: TlsContents | undefined;
  readonly credential?: CredentialContents | undefined;
}

interface Surroundings extends UpstreamContents {
  readonly publicUrl: string;
}

/** Takes an upstream that fits the shape. */
export function compileUpstream(name: string, raw: CheckedUpstream, around: Surroundings): UpstreamConfig {
  const { timeouts, health, resource } = raw;
  const { tls, publicUrl, credential: contents = {} } = around;
  return {
    name,
    source: toSource(raw),
    balance: raw.balance,
    paramHeaders: raw.paramHeaders,
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
    resource,
    credential:
      raw.credential &&
      compileCredential(raw.credential, { contents, publicUrl, resource: resource ?? getFirstUrl(raw) }),
    ...(tls && { tls }),
  };
}

function toSource({ instances, dns }: CheckedUpstream): InstanceSource {
  if (dns !== undefined) return { kind: 'dns', url: dns.url, refreshMs: dns.refresh };
  return { kind: 'fixed', instances: instances ?? [] };
}
