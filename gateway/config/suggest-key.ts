// Finds the known key a mistyped one was probably meant to be.

/** The nearest of `known` by edit distance (case ignored), or undefined when none is near enough to be a typing error. */
export function suggestKey(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > 64) return undefined;
  let best: { readonly key: string; readonly distance: number } | undefined;
  for (const key of known) {
    const distance = countEdits(typed.toLowerCase(), key.toLowerCase());
    const near = distance <= Math.max(1, Math.floor(key.length / 3));
    if (near && (best === undefined || distance < best.distance)) best = { key, distance };
  }
  return best?.key;
}

/** Levenshtein distance, where two neighbours that changed places count as one edit. */
function countEdits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
