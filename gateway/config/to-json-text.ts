// Writes a value of a YAML file as JSON text, with every number as the file has it: no double comes in between.
import type { Located } from './located.ts';
import { makeProblem, type Path, type Problem } from './problem.ts';

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * @param path of `node`
 * @returns the text; or a problem for what JSON cannot say
 */
export function toJsonText(
  node: Located,
  path: Path,
): { readonly text: string; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];

  function write({ value, children, source = '' }: Located, at: Path): string {
    if (Array.isArray(value))
      return `[${[...children].map(([index, child]) => write(child, [...at, index])).join(',')}]`;
    if (typeof value === 'object' && value !== null) {
      const members = [...children].map(([key, child]) => `${JSON.stringify(key)}:${write(child, [...at, key])}`);
      return `{${members.join(',')}}`;
    }
    if (typeof value !== 'number') return JSON.stringify(value ?? null);
    if (JSON_NUMBER.test(source)) return source;
    problems.push(makeProblem(at, 'is no number of JSON; write it as 42, -1.5 or 1e3, or in quotes for a text'));
    return '0';
  }

  return { text: write(node, path), problems };
}
