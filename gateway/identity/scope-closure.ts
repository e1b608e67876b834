// Adds to granted scopes all that they imply.

/**
 * Compiles `scopeImplies`, step by step to its end: what is implied implies again. Cycles are harmless.
 *
 * @returns adds the implied scopes to the granted ones
 */
export function compileScopes(
  implies: ReadonlyMap<string, readonly string[]>,
): (granted: readonly string[]) => ReadonlySet<string> {
  const closures = new Map([...implies.keys()].map((scope) => [scope, close(scope, implies)]));
  return (granted) => {
    const scopes = new Set(granted);
    for (const scope of granted) for (const implied of closures.get(scope) ?? []) scopes.add(implied);
    return scopes;
  };
}

function close(scope: string, implies: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([scope]);
  // A set also visits what is added while it is walked.
  for (const each of reached) for (const implied of implies.get(each) ?? []) reached.add(implied);
  return reached;
}
