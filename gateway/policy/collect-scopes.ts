// Gathers the scopes that can open something on an endpoint, for its metadata and its challenges.
import type { AccessRule, Grant } from './access-rule.ts';

/** Sorted, each once; those of denials open nothing, and `offline_access` is a matter between client and issuer. */
export function collectScopes(rules: readonly AccessRule[], extensions: Iterable<Grant>): readonly string[] {
  const allows = rules.flatMap(({ effect, to }) => (effect === 'allow' && to !== undefined ? [to] : []));
  const scopes = new Set([...allows, ...extensions].flatMap((grant) => grant.scopes));
  scopes.delete('offline_access');
  return [...scopes].toSorted();
}
