// An error of the configuration as people read it: file, line, column, path, and what was expected.
import { concealKeys, isConcealed } from './conceal.ts';
import { findLocated, type Located } from './located.ts';
import type { Place } from './parse-yaml.ts';
import type { Path, Problem } from './problem.ts';
import { escapeControls, showValue } from './show-value.ts';

export interface ConfigError extends Place {
  readonly file: string;
  /** Such as `endpoints./mcp.routes[0].upstream`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export interface Source {
  readonly file: string;
  readonly root: Located;
  readonly toPlace: (offset: number) => Place;
}

/** Gives every problem its place, in the order of the file. What stands on a value that was refused already is left out. */
export function toConfigErrors(problems: readonly Problem[], { file, root, toPlace }: Source): ConfigError[] {
  const errors = new Map<string, ConfigError>();
  for (const { path, say, at } of problems) {
    const { node, broken } = findLocated(root, path);
    if (broken && at === undefined) continue;
    const found = isConcealed(path) && isScalar(node.value) ? 'a value that is not shown' : showValue(node);
    const error = { file, ...toPlace(at ?? node.at), path: toText(concealKeys(path)), message: say(found) };
    errors.set(formatConfigError(error), error);
  }
  return [...errors.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** One line: `policies/gateway.yaml:12:5 endpoints./mcp.upstream: names no upstream …`. */
export function formatConfigError({ file, line, column, path, message }: ConfigError): string {
  return `${escapeControls(file)}:${line}:${column}${path === '' ? '' : ` ${path}`}: ${message}`;
}

/** Of anything else only the kind is told. */
function isScalar(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'object';
}

function toText(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return escapeControls(text.replace(/^\./, ''));
}
