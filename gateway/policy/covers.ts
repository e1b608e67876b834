// Says with certainty whether one glob, or one grant, takes in all that another one does.
import { compileNamePattern } from '../mcp/name-pattern.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import { compileUriPattern } from '../mcp/uri-pattern.ts';
import type { Grant } from './access-rule.ts';

/** Stands for whatever a star took; no glob holds it, so only a star can take it. */
const ANYTHING = '\u0001';
/** Whatever ends a segment of a URI. A glob that takes all of them in one place has `**` there. */
const SEGMENT_ENDS = ['/', '?', '{+'].map((end) => `${ANYTHING}${end}${ANYTHING}`);

/** Whether every name or URI that `narrow` fits is one that `wide` fits; false also where that is not certain. */
export function coversGlob(kind: NamedKind, wide: string, narrow: string): boolean {
  if (kind !== 'resource') return compileNamePattern(wide)(narrow.replaceAll('*', ANYTHING));
  const matches = compileUriPattern(wide);
  return SEGMENT_ENDS.every((end) => matches(narrow.replace(/\*+/g, (stars) => (stars.length > 1 ? end : ANYTHING))));
}

/** Whether everyone whom `narrow` means, its scopes held, is meant by `wide`. */
export function coversGrant(wide: Grant, narrow: Grant): boolean {
  const lists = ['groups', 'subjects', 'clients', 'issuers'] as const;
  return (
    wide.scopes.every((scope) => narrow.scopes.includes(scope)) &&
    lists.every((list) => takesIn(wide[list], narrow[list])) &&
    [...wide.claims].every(([path, values]) => values.length > 0 && takesIn(values, narrow.claims.get(path) ?? []))
  );
}

/** An empty list is no condition. */
function takesIn(more: readonly string[], fewer: readonly string[]): boolean {
  return more.length === 0 || (fewer.length > 0 && fewer.every((value) => more.includes(value)));
}
