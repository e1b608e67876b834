// Reads a claim of a token as the texts that a rule may name.

const NONE: readonly string[] = [];

/**
 * Compiles where a claim stands: the one with exactly this name, or else a dotted path through objects. Own members only.
 *
 * @returns reads its texts: a string is itself, a boolean and a safe integer are written as in JSON, an array is the texts
 *   of its elements; anything else has none
 */
export function compileClaimTexts(path: string): (claims: Readonly<Record<string, unknown>>) => readonly string[] {
  const steps = path.split('.');
  return (claims) => {
    let value: unknown = claims;
    for (const step of Object.hasOwn(claims, path) ? [path] : steps) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) {
        return NONE;
      }
      value = (value as Readonly<Record<string, unknown>>)[step];
    }
    return Array.isArray(value) ? value.flatMap(toTexts) : toTexts(value);
  };
}

function toTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? [String(value)] : NONE;
}
