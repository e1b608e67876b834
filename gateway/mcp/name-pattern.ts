// Matches names against globs in which `*` stands for anything, in linear time: no user pattern becomes a regular expression.

export type NamePattern = (name: string) => boolean;

/**
 * Compiles a glob. `*` matches any run of characters, empty too; every other character stands for itself.
 *
 * Literals between stars are looked for from left to right, each behind the one before: the leftmost match of one
 * never spoils a later one, so nothing is ever tried twice.
 */
export function compileNamePattern(glob: string): NamePattern {
  const parts = glob.split('*');
  const first = parts[0] as string;
  if (parts.length === 1) return (name) => name === glob;
  const last = parts[parts.length - 1] as string;
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  if (first === '' && last === '' && middle.length === 0) return () => true;
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    const end = name.length - last.length;
    let at = first.length;
    for (const part of middle) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** True for no patterns at all, or when one of them matches. */
export function matchesAny(patterns: readonly NamePattern[], name: string): boolean {
  if (patterns.length === 0) return true;
  for (const pattern of patterns) if (pattern(name)) return true;
  return false;
}
