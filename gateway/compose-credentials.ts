// Makes what proves the gateway to each upstream; one whose settings did not change is carried over with its cache.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CredentialConfig } from './config/credential-config.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { findIssuerEndpoint } from './identity/find-issuer-endpoint.ts';
import { toPublicJwks } from './identity/public-jwks.ts';
import { type ExchangeEvent, makeExchangeCredential } from './identity/token-exchange.ts';
import { makeAssertionCredential } from './identity/upstream-assertion.ts';
import { type Credential, makeForwardCredential, makeStaticCredential } from './upstream/credential.ts';
import { startTimer } from './upstream/start-timer.ts';

export interface Credentials {
  readonly configs: ReadonlyMap<string, CredentialConfig>;
  /** By upstream. */
  readonly provers: ReadonlyMap<string, Credential>;
}

export interface CredentialDeps {
  readonly fetch: typeof fetch;
  readonly onExchange: (event: ExchangeEvent) => void;
}

export function makeCredentials(config: GatewayConfig, deps: CredentialDeps, previous?: Credentials): Credentials {
  const configs = new Map<string, CredentialConfig>();
  const provers = new Map<string, Credential>();
  for (const { name, credential } of config.upstreams.values()) {
    if (credential === undefined) continue;
    const carried = isDeepStrictEqual(previous?.configs.get(name), credential)
      ? previous?.provers.get(name)
      : undefined;
    configs.set(name, credential);
    provers.set(name, carried ?? makeCredential(credential, config.identity.keys.timeoutMs, deps));
  }
  return { configs, provers };
}

/** The public keys upstreams check assertions with. */
export function toAssertionJwks(config: GatewayConfig): object {
  const credentials = [...config.upstreams.values()].map(({ credential }) => credential);
  return toPublicJwks(credentials.filter((credential) => credential?.kind === 'assertion'));
}

function makeCredential(config: CredentialConfig, timeoutMs: number, deps: CredentialDeps): Credential {
  switch (config.kind) {
    case 'bearer':
    case 'header':
      return makeStaticCredential(config);
    case 'forward':
      return makeForwardCredential();
    case 'assertion':
      return makeAssertionCredential(config, { nowMs: Date.now, randomId: randomUUID });
    case 'exchange': {
      const { fetch, onExchange } = deps;
      const discovery = { fetch, startTimer, timeoutMs, signal: new AbortController().signal };
      return makeExchangeCredential(config, {
        nowMs: Date.now,
        fetch,
        startTimer,
        onEvent: onExchange,
        findTokenEndpoint: (issuer) => findIssuerEndpoint(issuer, 'token_endpoint', discovery),
      });
    }
  }
}
