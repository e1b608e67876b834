// Decides about everything that one request wants to touch.
import type { Principal } from '../exchange.ts';
import type { NamedKind, Target } from '../mcp/read-target.ts';
import { BestClause } from './clause.ts';
import type { CompiledRules } from './compile-rules.ts';
import type { Facts } from './condition.ts';
import { ConditionJudge } from './condition-judge.ts';
import { type Decision, decide, NO_RULE, type NotAllowed } from './decide.ts';

/**
 * - Names: every one of them must be allowed.
 * - Listing, discovery and listening without URIs: open to whom some allow of the endpoint means, whatever the scopes,
 *   unless every name of all kinds asked for is denied. A condition that asks for a method, a name or arguments may come to
 *   hold for some of what is listed.
 * - Tasks: open to whom the tool is allowed that began it, `facts.name`; its arguments were judged then.
 */
export function decideTarget(rules: CompiledRules, principal: Principal, target: Target, facts: Facts): Decision {
  switch (target.touches) {
    case 'names':
      return decideAll(rules, principal, target, facts);
    case 'lists':
      return decideLists(rules, principal, target.kinds, facts);
    case 'task':
      return facts.name === undefined ? NO_RULE : decide(rules, principal, 'tool', facts.name, facts);
  }
}

type Names = Target & { readonly touches: 'names' };

function decideAll(rules: CompiledRules, principal: Principal, target: Names, facts: Facts): Decision {
  let first: Decision | undefined;
  const short: NotAllowed[] = [];
  for (const name of target.names) {
    const decision = decide(rules, principal, target.kind, name, facts);
    first ??= decision;
    if (decision.allowed) continue;
    if (decision.why !== 'scopes') return decision;
    short.push(decision);
  }
  const [one, another] = short;
  if (one === undefined) return first ?? NO_RULE;
  if (another === undefined) return one;
  return { ...one, scopes: [...new Set(short.flatMap(({ scopes }) => scopes ?? []))].toSorted() };
}

function decideLists(rules: CompiledRules, principal: Principal, kinds: readonly NamedKind[], facts: Facts): Decision {
  const judge = new ConditionJudge({ ...facts, method: undefined, args: undefined }, principal, undefined);
  const denials = kinds.map((kind) => {
    const deny = new BestClause(principal, judge);
    rules.wholeDenies[kind].search(principal, deny);
    return deny.fitting;
  });
  const [denial] = denials;
  if (denial !== undefined && !denials.includes(undefined)) return { allowed: false, why: 'denied', rule: denial.rule };
  const allow = new BestClause(principal, judge);
  rules.anyAllow.search(principal, allow);
  return allow.clause === undefined ? NO_RULE : { allowed: true, rule: allow.clause.rule };
}
