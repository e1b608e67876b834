// Follows which scope implies which to the end, so that a request only has to look up.

export type ClosedScopes =
  | { readonly ok: true; readonly implied: ReadonlyMap<string, readonly string[]> }
  /** `scope` is a key of the input; `why` tells what is wrong with it. */
  | { readonly ok: false; readonly scope: string; readonly why: 'cycle' | 'size' };

/** A chain of n scopes implies n² / 2 pairs; nobody's hierarchy is that large. */
export const MAX_IMPLIED = 10_000;

/**
 * Every scope with all others it implies, directly or through others; itself is left out.
 *
 * Not ok: a scope that implies itself, because the whole circle would then be one right under several names, or more than
 * 10,000 pairs in all.
 */
export function closeScopes(implies: ReadonlyMap<string, readonly string[]>): ClosedScopes {
  const direct = new Map([...implies].map(([scope, others]) => [scope, new Set(others)]));
  const implied = new Map<string, readonly string[]>();
  let left = MAX_IMPLIED;
  for (const [scope, first] of direct) {
    // A Set hands out what is added while it is walked.
    const reached = new Set(first);
    for (const other of reached) {
      if (other === scope) return { ok: false, scope, why: 'cycle' };
      if ((left -= 1) < 0) return { ok: false, scope, why: 'size' };
      for (const next of direct.get(other) ?? []) reached.add(next);
    }
    implied.set(scope, [...reached]);
  }
  return { ok: true, implied };
}
