// Finds a claim where its issuer keeps it.
import type { StrictObject } from './strict-object.ts';

/**
 * Compiles where to look: first the claim with exactly this name, such as `https://example.com/groups`, then the dotted
 * path through objects, such as `realm_access.roles`. Own members only.
 *
 * @returns finds the claim; undefined when it is absent or null
 */
export function compileClaimPath(path: string): (claims: StrictObject) => unknown {
  const steps = path.split('.');
  return (claims) => {
    if (Object.hasOwn(claims, path)) return claims[path] ?? undefined;
    let value: unknown = claims;
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) {
        return undefined;
      }
      value = (value as StrictObject)[step];
    }
    return value ?? undefined;
  };
}
