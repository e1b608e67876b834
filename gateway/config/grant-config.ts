// Whom something is for, checked.

/**
 * Whom something is for: everyone, or those who fit every list and map that is not empty.
 *
 * Of `scopes` all are needed; of the others any entry will do. Never is everything empty.
 */
export interface Grant {
  readonly everyone: boolean;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  readonly subjects: readonly string[];
  readonly clients: readonly string[];
  readonly issuers: readonly string[];
  /** Claim, by name or dotted path -> values, any of them; every claim named must fit. */
  readonly claims: ReadonlyMap<string, readonly string[]>;
}
