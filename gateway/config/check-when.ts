// Checks that the condition of a rule compiles, and tells at its own line why it does not.
import { compileCondition } from '../policy/condition.ts';
import type { Located } from './located.ts';
import { makeProblem, type Path, type Problem } from './problem.ts';
import { escapeControls } from './show-value.ts';

const MAX_WORDS = 400;

/** `when` is what stands under that key, at `path`. What is no text of a sound length is refused already. */
export function checkWhen(when: Located | undefined, path: Path, maxLength: number): Problem[] {
  const text = when?.value;
  if (typeof text !== 'string' || text.trim() === '' || text.length > maxLength) return [];
  const compiled = compileCondition(text);
  if (compiled.ok) return [];
  // The words may quote the text, and with it what the environment gave.
  if (when?.fromEnvironment) return [{ path, say: (found) => `is no condition that compiles: ${found}` }];
  return [makeProblem(path, `is no condition that compiles: ${escapeControls(compiled.message.slice(0, MAX_WORDS))}`)];
}
