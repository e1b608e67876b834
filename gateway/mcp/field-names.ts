// Finds member names that lenient readers would take for a field of the protocol although they are spelled otherwise.

/**
 * Folds letters the way case-insensitive JSON readers do (Go's encoding/json matches names by Unicode simple folding,
 * so that U+017F stands for `s` and U+212A for `k`).
 */
function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** The names one protocol object may hold, with their folded forms. */
export interface FieldNames {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
  /** Of the longest name; folding never shortens one, and a huge name must not cost its folding. */
  readonly maxLength: number;
}

export function makeFieldNames(names: Iterable<string>): FieldNames {
  const exact = new Set(names);
  const maxLength = Math.max(...[...exact].map((name) => name.length));
  return { exact, folded: new Set([...exact].map(foldName)), maxLength };
}

/** True when the name is not a field, but would be for a reader that ignores case. */
export function isLookalike(name: string, fields: FieldNames): boolean {
  return name.length <= fields.maxLength && !fields.exact.has(name) && fields.folded.has(foldName(name));
}
