// A value of the YAML file together with the place it came from, so that every later complaint can name its line.
import type { Path } from './problem.ts';

export interface Located {
  /** Plain data: null-prototype objects, arrays, scalars, with the environment filled in. */
  readonly value: unknown;
  /** Offset in the text: of the key for an entry of a mapping, of the value otherwise. */
  readonly at: number;
  readonly children: ReadonlyMap<string | number, Located>;
  /** Nodes below and including this one, aliases expanded. */
  readonly size: number;
  /** What the file says, which is safe to print where `value` may hold a secret of the environment. */
  readonly source?: string;
  readonly fromEnvironment?: true;
  /** A problem of this node was already reported, so others about it are noise. */
  readonly broken?: true;
}

/** Follows a path as far as it exists. `complete` is false when the end of the path is missing from the file. */
export function findLocated(root: Located, path: Path): { node: Located; complete: boolean; broken: boolean } {
  let node = root;
  for (const step of path) {
    const child = node.children.get(step);
    if (child === undefined) return { node, complete: false, broken: node.broken === true };
    node = child;
  }
  return { node, complete: true, broken: node.broken === true };
}
