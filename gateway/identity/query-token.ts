// Finds a token that was smuggled into the query, where logs and caches would keep it.

/** The parameter RFC 6750 section 2.3 once defined and OAuth 2.1 forbids, in any case. */
const PARAMETER = 'access_token';

/**
 * True when a parameter of the query is named `access_token` in whatever percent-spelling, also between semicolons.
 *
 * @param query without `?`
 */
export function hasTokenInQuery(query: string): boolean {
  if (query === '') return false;
  for (const name of new URLSearchParams(query.replaceAll(';', '&')).keys()) {
    if (name.trim().toLowerCase() === PARAMETER) return true;
  }
  return false;
}
