// Says whose share a rule counts: the texts that tell one payer from another.
import type { Principal } from '../exchange.ts';
import type { QuotaSubject } from './quota-settings.ts';

/**
 * Subjects, clients and claims mean something only within their issuer, so each stands beside it. Callers without the
 * property share one counter per issuer: leaving a claim out buys nothing.
 *
 * @returns texts for a counter's name; undefined for `address`, which is not the principal's
 */
export function toPayer(per: QuotaSubject, principal: Principal, endpoint: string): readonly string[] | undefined {
  switch (per.by) {
    case 'principal':
      return [principal.kind, principal.issuer, principal.subject];
    case 'client':
      return [principal.kind, principal.issuer, principal.client];
    case 'issuer':
      return [principal.kind, principal.issuer];
    case 'endpoint':
      return [endpoint];
    case 'claim':
      return [principal.kind, principal.issuer, ...readClaim(principal.claims, per.claim)];
    case 'address':
      return undefined;
  }
}

/** By exact claim name, or else dotted path through objects; own members only. */
function readClaim(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  let value: unknown = claims;
  for (const step of Object.hasOwn(claims, path) ? [path] : path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) return [];
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  if (value === undefined || value === null || value === '') return [];
  return typeof value === 'string' ? ['text', value] : ['json', JSON.stringify(value)];
}
