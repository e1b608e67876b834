// Makes the policy out of one configuration: what decides about requests, and what says no in the words of each endpoint.
import type { GatewayConfig } from './config/gateway-config.ts';
import { toPolicyDigest } from './config/policy-digest.ts';
import { type Challenges, makeChallenges } from './identity/challenge.ts';
import { toMetadataUrl } from './identity/resource-metadata.ts';
import { type Authorization, type AuthorizeSettings, makeAuthorization } from './policy/authorize.ts';
import { collectScopes } from './policy/collect-scopes.ts';

export interface Policy {
  /** The scopes that open something, by endpoint. */
  readonly scopes: ReadonlyMap<string, readonly string[]>;
  readonly challengesOf: (path: string) => Challenges;
  readonly authorization: Authorization;
}

export function composePolicy(config: GatewayConfig, hooks: Omit<AuthorizeSettings, 'endpoints'>): Policy {
  const endpoints = [...config.endpoints.values()];
  const scopes = new Map(
    endpoints.map(({ path, access, extensions }) => [path, collectScopes(access ?? [], extensions.values())]),
  );
  const challenges = new Map(
    endpoints.map(({ path }) => [
      path,
      makeChallenges({ resourceMetadataUrl: toMetadataUrl(config.publicUrl, path), scopes: scopes.get(path) ?? [] }),
    ]),
  );
  const challengesOf = (path: string): Challenges => challenges.get(path) as Challenges;
  const accesses = endpoints.map(
    (endpoint) =>
      [
        endpoint.path,
        {
          rules: endpoint.access,
          onDeny: endpoint.onDeny,
          extensions: endpoint.extensions,
          meta: endpoint.meta,
          digest: toPolicyDigest(endpoint),
          challenge: (needed: readonly string[]) => challengesOf(endpoint.path).insufficient(needed),
          challengeAbsent: (needed: readonly string[]) => challengesOf(endpoint.path).required(needed),
        },
      ] as const,
  );
  return { scopes, challengesOf, authorization: makeAuthorization({ ...hooks, endpoints: new Map(accesses) }) };
}
