// Hides the braces of `${NAME}` from the YAML parser, which would take them for a mapping inside `{ }` and `[ ]`.

// Noncharacters (Unicode 23.7) mean nothing in a text, and are one unit long like the braces, so all offsets stay true.
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*(?::-[^{}\n]*)?)\}/g;

/** Replaces the braces of every variable; the length stays the same. */
export function maskVariables(text: string): string {
  return text.replaceAll(VARIABLE, `$$${OPEN}$1${CLOSE}`);
}

/** The way back, for scalars and messages of the parser. */
export function unmaskVariables(text: string): string {
  return text.replaceAll(OPEN, '{').replaceAll(CLOSE, '}');
}
