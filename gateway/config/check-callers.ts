// Checks that somebody can call: somebody is known, and every endpoint has a rule that allows something.
import type { Located } from './located.ts';
import { makeProblem, type Path, type Problem } from './problem.ts';
import type { Checked } from './shape/gateway.ts';

/** `identity` is undefined when it was refused: then nothing can be said. */
export function checkCallers(root: Located, identity: Checked['identity'] | undefined): Problem[] {
  if (identity === undefined || identity.anonymous) return [];
  if (identity.issuers.length === 0) {
    return [makeProblem(['identity'], 'nobody could call; configure `issuers` or `anonymous: true`')];
  }
  const closed = [...(root.children.get('endpoints')?.children ?? [])].filter(
    ([, { value, children }]) => typeof value === 'object' && value !== null && !children.has('access'),
  );
  return closed.map(([path]) => makeNoRule(['endpoints', path], 'name `access` files'));
}

/** What no rule allows is denied, so an endpoint without any allow is of no use to anyone. */
export function makeNoRule(path: Path, advice: string): Problem {
  return makeProblem(path, `no rule allows anything on this endpoint; ${advice}`);
}
