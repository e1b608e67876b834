// Makes the principal of a token whose signature has been verified; the only place where one is made.
import type { Principal } from '../exchange.ts';
import { compileClaimPath } from './claim-path.ts';
import type { IssuerSettings } from './identity-settings.ts';
import { compileScopes } from './scope-closure.ts';
import type { StrictObject } from './strict-object.ts';

/** The caller without a token, where the configuration lets one in. */
export const ANONYMOUS: Principal = makePrincipal({
  kind: 'anonymous',
  issuer: '',
  subject: '',
  client: '',
  scopes: new Set<string>(),
  groups: new Set<string>(),
  claims: {},
  validUntilMs: undefined,
});

/**
 * Compiles how the tokens of one issuer become principals.
 *
 * Scopes are a text of words between spaces (RFC 9068 section 2.2.3) or an array of texts (Okta), groups an array of
 * texts or one text, the client one text; absent or null is none. Any other type is a fault: leaving out what we cannot
 * read would be wrong for rules that deny.
 *
 * @returns makes the principal; undefined where scopes, groups or client have another type
 */
export function compilePrincipal(
  settings: IssuerSettings,
): (claims: StrictObject & { readonly sub: string }, validUntilMs: number) => Principal | undefined {
  const findScopes = compileClaimPath(settings.claims.scopes);
  const findGroups = compileClaimPath(settings.claims.groups);
  const findClient = compileClaimPath(settings.claims.client);
  const addImplied = compileScopes(settings.scopeImplies);
  return (claims, validUntilMs) => {
    const scopes = findScopes(claims);
    const granted = toTexts(typeof scopes === 'string' ? scopes.split(' ').filter((word) => word !== '') : scopes);
    const groups = findGroups(claims);
    const members = toTexts(typeof groups === 'string' ? [groups] : groups);
    const client = findClient(claims) ?? '';
    if (granted === undefined || members === undefined || typeof client !== 'string') return undefined;
    return makePrincipal({
      kind: 'token',
      issuer: settings.issuer,
      subject: claims.sub,
      client,
      scopes: addImplied(granted),
      groups: new Set(members),
      claims,
      validUntilMs,
    });
  };
}

function toTexts(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
}

type Facts = { readonly [Name in keyof Principal as Name extends string ? Name : never]: Principal[Name] };

function makePrincipal(facts: Facts): Principal {
  freezeDeep(facts.claims);
  return Object.freeze(facts) as Principal;
}

/** The depth of claims was bounded when they were parsed. */
function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) freezeDeep(member);
  Object.freeze(value);
}
