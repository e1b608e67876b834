// Makes the checked form of one access rule.
import { compileGrant } from './compile-grant.ts';
import type { AccessRule } from './endpoint-config.ts';
import type { CheckedRule } from './shape/access.ts';

/** Takes a rule that fits the shape; `mode` is that of its file, where the rule has none. */
export function compileRule(
  { id, allow, deny, to, when, mode }: CheckedRule,
  fileMode: AccessRule['mode'],
): AccessRule {
  const { tools = [], prompts = [], resources = [] } = allow ?? deny ?? {};
  const effect = allow === undefined ? 'deny' : 'allow';
  return { id, effect, mode: mode ?? fileMode, tools, prompts, resources, to: to && compileGrant(to), when };
}
