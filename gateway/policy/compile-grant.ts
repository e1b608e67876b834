// Turns a grant into sets, and says whether it fits a principal and how many scopes are missing.
import type { Principal } from '../exchange.ts';
import type { Grant } from './access-rule.ts';
import { compileClaimTexts } from './claim-texts.ts';

export interface ClaimCondition {
  readonly path: string;
  readonly readTexts: ReturnType<typeof compileClaimTexts>;
  readonly values: ReadonlySet<string>;
}

/** Undefined is no condition; an empty set is one that nobody meets. */
export interface CompiledGrant {
  /** Sorted, each once. */
  readonly scopes: readonly string[];
  readonly groups: ReadonlySet<string> | undefined;
  readonly subjects: ReadonlySet<string> | undefined;
  readonly clients: ReadonlySet<string> | undefined;
  readonly issuers: ReadonlySet<string> | undefined;
  readonly claims: readonly ClaimCondition[];
}

/** Equal for two grants that mean the same; the order and repetition of values do not count. */
export function toGrantKey(grant: Grant): string {
  const { everyone, scopes, groups, subjects, clients, issuers, claims } = grant;
  const lists = [scopes, groups, subjects, clients, issuers].map((values) => [...new Set(values)].toSorted());
  const named = [...claims].map(([path, values]) => [path, ...[...new Set(values)].toSorted()]);
  const isNobody = !everyone && named.length === 0 && lists.every((values) => values.length === 0);
  return JSON.stringify([isNobody, lists, named.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))]);
}

/** @returns undefined for a grant that names nobody */
export function compileGrant(grant: Grant): CompiledGrant | undefined {
  const { everyone, scopes, claims } = grant;
  const compiled = {
    scopes: [...new Set(scopes)].toSorted(),
    groups: toCondition(grant.groups),
    subjects: toCondition(grant.subjects),
    clients: toCondition(grant.clients),
    issuers: toCondition(grant.issuers),
    claims: [...claims].map(([path, values]) => ({
      path,
      readTexts: compileClaimTexts(path),
      values: new Set(values),
    })),
  };
  const { groups, subjects, clients, issuers } = compiled;
  const isWhole = everyone || compiled.scopes.length > 0 || compiled.claims.length > 0;
  return isWhole || (groups ?? subjects ?? clients ?? issuers) !== undefined ? compiled : undefined;
}

/** An empty text is what a principal without that property has; it is never a name. */
function toCondition(values: readonly string[]): ReadonlySet<string> | undefined {
  return values.length === 0 ? undefined : new Set(values.filter((value) => value !== ''));
}

/** Whether the grant means this principal, whatever its scopes. */
export function fitsCaller(grant: CompiledGrant, principal: Principal): boolean {
  if (grant.subjects !== undefined && !grant.subjects.has(principal.subject)) return false;
  if (grant.clients !== undefined && !grant.clients.has(principal.client)) return false;
  if (grant.issuers !== undefined && !grant.issuers.has(principal.issuer)) return false;
  if (grant.groups !== undefined && !overlaps(grant.groups, principal.groups)) return false;
  for (const { readTexts, values } of grant.claims) {
    if (!readTexts(principal.claims).some((text) => values.has(text))) return false;
  }
  return true;
}

function overlaps(named: ReadonlySet<string>, held: ReadonlySet<string>): boolean {
  const [fewer, more] = named.size < held.size ? [named, held] : [held, named];
  for (const value of fewer) if (more.has(value)) return true;
  return false;
}

export function countMissingScopes(grant: CompiledGrant, principal: Principal): number {
  let missing = 0;
  for (const scope of grant.scopes) if (!principal.scopes.has(scope)) missing++;
  return missing;
}

/** True when the grant means this principal and no scope is missing. */
export function fitsPrincipal(grant: CompiledGrant, principal: Principal): boolean {
  return fitsCaller(grant, principal) && countMissingScopes(grant, principal) === 0;
}
