// Makes the checked form of one access rule.
import { compileGrant } from './compile-grant.ts';
import type { AccessRule } from './gateway-config.ts';
import type { CheckedRule } from './shape/access.ts';

/** Takes a rule that fits the shape. */
export function compileRule({ id, allow, deny, to }: CheckedRule): AccessRule {
  const { tools = [], prompts = [], resources = [] } = allow ?? deny ?? {};
  const effect = allow === undefined ? 'deny' : 'allow';
  return { id, effect, tools, prompts, resources, to: to && compileGrant(to) };
}
