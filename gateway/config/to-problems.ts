// Turns what zod found into problems: one for each fault, in words made for the person who wrote the file.
import type { z } from 'zod';
import { makeExpected, makeProblem, type Path, type Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/**
 * Messages of the shape are fragments that complete "expected …"; `params.say` replaces the whole sentence.
 * A missing value and an unknown key have sentences of their own.
 */
export function toProblems(issues: readonly Issue[], has: (path: Path) => boolean): Problem[] {
  return issues.flatMap((issue) => toProblem(issue, has));
}

function toProblem(issue: Issue, has: (path: Path) => boolean): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, index) => makeProblem([...path, key], lines[index] ?? issue.message));
  }
  if (issue.code === 'invalid_union') {
    const nested = issue.errors.at(-1) ?? [];
    return nested.flatMap((inner) => toProblem({ ...inner, path: [...issue.path, ...inner.path] }, has));
  }
  if (issue.code === 'custom' && typeof issue.params?.['say'] === 'function') {
    return [{ path, say: issue.params['say'] as Problem['say'] }];
  }
  return [has(path) ? makeExpected(path, issue.message) : makeProblem(path, `is required: expected ${issue.message}`)];
}
