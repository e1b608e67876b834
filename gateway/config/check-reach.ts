// Checks that quotas and handles can ever meet a request: endpoints that exist, and tasks where there are any.
import { TASKS_EXTENSION } from '../mcp/methods.ts';
import { compileNamePattern, matchesAny } from '../mcp/name-pattern.ts';
import type { Located } from './located.ts';
import type { Path, Problem } from './problem.ts';
import { makeProblem } from './problem.ts';
import { listNames } from './show-value.ts';

const STARTS_TASKS = 'tools/call';

/** Reads the file itself and not its checked form, so that a fault elsewhere does not hide these. */
export function checkReach(root: Located): Problem[] {
  const endpoints = [...(root.children.get('endpoints')?.children ?? [])];
  // That there are none is said already.
  if (endpoints.length === 0) return [];
  const paths = endpoints.map(([path]) => String(path));
  const forAll = hasTasks(root);
  const withTasks = endpoints.filter(([, endpoint]) => forAll || hasTasks(endpoint)).map(([path]) => String(path));

  function checkGlobs(globs: readonly Place[]): Problem[] {
    return globs
      .filter(({ glob }) => !paths.some(compileNamePattern(glob)))
      .map(({ path }) => ({ path, say: (found) => `${found} fits no endpoint; expected one of ${listNames(paths)}` }));
  }

  function checkRule(rule: Located, path: Path): Problem[] {
    const match = rule.children.get('match');
    const globs = listTexts(match?.children.get('endpoints'), [...path, 'match', 'endpoints']);
    const methods = listTexts(match?.children.get('methods'), [...path, 'match', 'methods']);
    const problems = checkGlobs(globs);
    if (!rule.children.has('tasks')) return problems;
    const at = [...path, 'tasks'];
    if (!matchesAny(toPatterns(methods), STARTS_TASKS)) {
      problems.push(
        makeProblem(at, `limits nothing: tasks begin with ${STARTS_TASKS}, which \`match.methods\` leaves out`),
      );
    } else if (problems.length === 0 && !withTasks.some((name) => matchesAny(toPatterns(globs), name))) {
      problems.push(makeProblem(at, `limits nothing: no endpoint of this rule has the extension ${TASKS_EXTENSION}`));
    }
    return problems;
  }

  const rules = [...(root.children.get('quotas')?.children.get('rules')?.children ?? [])];
  const handles = [...(root.children.get('sealing')?.children.get('handles')?.children ?? [])];
  return [
    ...rules.flatMap(([index, rule]) => checkRule(rule, ['quotas', 'rules', index])),
    ...handles.flatMap(([index, handle]) =>
      checkGlobs(toPlaces(handle.children.get('endpoint'), ['sealing', 'handles', index, 'endpoint'])),
    ),
  ];
}

interface Place {
  readonly glob: string;
  readonly path: Path;
}

function hasTasks(owner: Located): boolean {
  return owner.children.get('extensions')?.children.has(TASKS_EXTENSION) === true;
}

function listTexts(list: Located | undefined, path: Path): Place[] {
  return [...(list?.children ?? [])].flatMap(([index, node]) => toPlaces(node, [...path, index]));
}

/** What is no glob at all is refused already. */
function toPlaces(node: Located | undefined, path: Path): Place[] {
  return typeof node?.value === 'string' && node.value !== '' ? [{ glob: node.value, path }] : [];
}

function toPatterns(places: readonly Place[]) {
  return places.map(({ glob }) => compileNamePattern(glob));
}
