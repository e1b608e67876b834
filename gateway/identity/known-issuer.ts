// One configured issuer, compiled to judge its tokens.
import type { Principal } from '../exchange.ts';
import type { IdentitySettings, IssuerSettings } from './identity-settings.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { IssuerRegistry } from './issuer-registry.ts';
import { compilePrincipal } from './make-principal.ts';
import { SIGNATURE_ALGORITHMS } from './signature-algorithms.ts';
import type { StrictObject } from './strict-object.ts';
import { toTokenType } from './token-type.ts';

export type SubjectClaims = StrictObject & { readonly sub: string };

export interface KnownIssuer {
  readonly name: string;
  readonly keys: IssuerKeys;
  readonly algorithms: ReadonlySet<string>;
  readonly tokenTypes: ReadonlySet<string>;
  readonly toPrincipal: (claims: SubjectClaims, validUntilMs: number) => Principal | undefined;
}

/** All issuers by `iss`; `registry` was made from the same settings. */
export function toKnownIssuers(settings: IdentitySettings, registry: IssuerRegistry): ReadonlyMap<string, KnownIssuer> {
  return new Map(settings.issuers.map((issuer) => [issuer.issuer, toKnownIssuer(issuer, registry)]));
}

function toKnownIssuer(settings: IssuerSettings, registry: IssuerRegistry): KnownIssuer {
  const keys = registry.find(settings.issuer);
  if (keys === undefined) throw new Error(`the registry was made without ${settings.issuer}`);
  return {
    name: settings.issuer,
    keys,
    algorithms: new Set(settings.algorithms.filter((each) => SIGNATURE_ALGORITHMS.has(each))),
    tokenTypes: new Set(settings.tokenTypes.map(toTokenType)),
    toPrincipal: compilePrincipal(settings),
  };
}
