// Makes the checked form of `identity`: units into the names, scopes with all they imply.
import { closeScopes } from './close-scopes.ts';
import type { IdentityConfig, IssuerConfig } from './identity-config.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedIdentity = Checked['identity'];

export function compileIdentity({
  anonymous,
  clockSkew,
  issuers,
  keys,
  metadataPassage,
}: CheckedIdentity): IdentityConfig {
  return {
    anonymous,
    clockSkewMs: clockSkew,
    issuers: issuers.map(compileIssuer),
    keys: {
      refreshMs: keys.refresh,
      cooldownMs: keys.cooldown,
      staleForMs: keys.staleFor,
      timeoutMs: keys.timeout,
      atStart: keys.atStart,
    },
    metadataPassage,
  };
}

function compileIssuer(raw: CheckedIdentity['issuers'][number]): IssuerConfig {
  const closed = closeScopes(raw.scopeImplies);
  return {
    issuer: raw.issuer,
    jwksUri: raw.jwksUri,
    algorithms: [...new Set(raw.algorithms)],
    tokenTypes: [...new Set(raw.tokenTypes)],
    claims: raw.claims,
    scopeImplies: closed.ok ? closed.implied : new Map(),
  };
}
