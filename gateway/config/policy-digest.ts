// Names a version of an endpoint's policy, so that every decision can say which one made it.
import { createHash } from 'node:crypto';
import type { EndpointConfig } from './endpoint-config.ts';

/**
 * 16 hex digits over all that decides who may do what on the endpoint.
 *
 * Nothing in a policy depends on order, so neither does this: not on that of files, rules, keys, or entries of a list.
 */
export function toPolicyDigest({ path, access, onDeny, extensions, meta }: EndpointConfig): string {
  const text = toText({ path, access, onDeny, extensions, meta });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** JSON with everything in order; what is undefined is null. A list has brackets and a mapping braces, so no two look alike. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toText).toSorted().join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : Object.entries(value);
  return `{${entries
    .map(([key, entry]) => `${JSON.stringify(key)}:${toText(entry)}`)
    .toSorted()
    .join(',')}}`;
}
