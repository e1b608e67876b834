// Reads the claim that a handle is bound to.

/**
 * Compiles where a claim stands: the one with exactly this name, or else a dotted path through objects. Own members only.
 *
 * @returns reads a string, or a boolean or safe integer as it stands in JSON; undefined for anything else
 */
export function compileClaimValue(path: string): (claims: Readonly<Record<string, unknown>>) => string | undefined {
  const steps = path.split('.');
  return (claims) => {
    let value: unknown = claims;
    for (const step of Object.hasOwn(claims, path) ? [path] : steps) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
        return undefined;
      value = (value as Readonly<Record<string, unknown>>)[step];
    }
    if (typeof value === 'string') return JSON.stringify(value);
    return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
  };
}
