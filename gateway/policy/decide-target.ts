// Decides about everything that one request wants to touch.
import type { Principal } from '../exchange.ts';
import type { NamedKind, Target } from '../mcp/read-target.ts';
import { BestClause } from './clause.ts';
import type { CompiledRules } from './compile-rules.ts';
import { type Decision, decide, NO_RULE, type NotAllowed, toDecision } from './decide.ts';

/**
 * - Names: every one of them must be allowed. A listening request with one forbidden URI is refused as a whole; a later
 *   version cuts its filter instead.
 * - Listing, discovery and listening without URIs: open to whom some allow of the endpoint means, whatever the scopes,
 *   unless every name of all kinds asked for is denied. The lists themselves are not filtered yet.
 * - Tasks: open to whom some tool is allowed. A task is not yet bound to the tool and the caller that began it; that needs
 *   sealed ids.
 */
export function decideTarget(rules: CompiledRules, principal: Principal, target: Target): Decision {
  switch (target.touches) {
    case 'names':
      return decideAll(rules, principal, target);
    case 'lists':
      return decideLists(rules, principal, target.kinds);
    case 'task':
      return decideTask(rules, principal);
  }
}

function decideAll(rules: CompiledRules, principal: Principal, target: Target & { touches: 'names' }): Decision {
  let first: Decision | undefined;
  const short: NotAllowed[] = [];
  for (const name of target.names) {
    const decision = decide(rules, principal, target.kind, name);
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

function decideLists(rules: CompiledRules, principal: Principal, kinds: readonly NamedKind[]): Decision {
  const denials = kinds.map((kind) => findWholeDeny(rules, principal, kind));
  const [denial] = denials;
  if (denial !== undefined && !denials.includes(undefined)) return denial;
  const allow = new BestClause(principal);
  rules.anyAllow.search(principal, allow);
  return allow.clause === undefined ? NO_RULE : { allowed: true, rule: allow.clause.rule };
}

function decideTask(rules: CompiledRules, principal: Principal): Decision {
  const denial = findWholeDeny(rules, principal, 'tool');
  if (denial !== undefined) return denial;
  const allow = new BestClause(principal);
  rules.toolAllow.search(principal, allow);
  return toDecision(allow);
}

function findWholeDeny(rules: CompiledRules, principal: Principal, kind: NamedKind): NotAllowed | undefined {
  const deny = new BestClause(principal);
  rules.wholeDenies[kind].search(principal, deny);
  return deny.fitting && { allowed: false, why: 'denied', rule: deny.fitting.rule };
}
