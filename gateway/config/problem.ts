// One fault of a configuration before it has a line number: where it stands in the tree, and what is said of it.

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** Makes the message. `found` is the offending value, quoted and free of secrets: the only way to show one. */
  readonly say: (found: string) => string;
  /** Offset in the text, where the path alone does not tell. */
  readonly at?: number;
}

/** A problem that says what was expected and then what was found. */
export function makeExpected(path: Path, expected: string): Problem {
  return { path, say: (found) => `expected ${expected}, found ${found}` };
}

/** A problem whose words need no value. */
export function makeProblem(path: Path, message: string): Problem {
  return { path, say: () => message };
}
