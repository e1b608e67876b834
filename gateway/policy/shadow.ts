// Tells what the rules in shadow mode would have changed about a decision; it is counted and logged, never applied.
import type { Principal } from '../exchange.ts';
import type { Target } from '../mcp/read-target.ts';
import type { CompiledRules } from './compile-rules.ts';
import type { Facts } from './condition.ts';
import type { Decision } from './decide.ts';
import { decideTarget } from './decide-target.ts';

export interface ShadowDifference {
  /** The rule in shadow mode that makes the difference. */
  readonly rule: string;
  /** What the answer would have been. */
  readonly would: 'allowed' | 'denied' | 'no_rule' | 'scopes';
}

/**
 * @param candidates all rules of the endpoint, those in shadow mode included
 * @param decision what the rules in force have decided
 * @returns undefined when the client would have seen the same; other scopes in a challenge are a difference
 */
export function findShadowDifference(
  candidates: CompiledRules,
  decision: Decision,
  principal: Principal,
  target: Target,
  facts: Facts,
): ShadowDifference | undefined {
  const other = decideTarget(candidates, principal, target, facts);
  const would = toOutcome(other);
  if (would === toOutcome(decision) && toScopes(other) === toScopes(decision)) return undefined;
  // Of several names or kinds, an ordinary rule may be the one that is named.
  for (const part of [target, ...toParts(target)]) {
    const decided = decideTarget(candidates, principal, part, facts);
    const { rule } = decided;
    if (toOutcome(decided) === would && rule !== undefined && candidates.shadows.has(rule)) return { rule, would };
  }
  return other.rule === undefined ? undefined : { rule: other.rule, would };
}

const toOutcome = (decision: Decision): ShadowDifference['would'] => (decision.allowed ? 'allowed' : decision.why);

const toScopes = (decision: Decision): string => (decision.allowed ? '' : (decision.scopes ?? []).join(' '));

function toParts(target: Target): readonly Target[] {
  switch (target.touches) {
    case 'names':
      return target.names.map((name) => ({ ...target, names: [name] }));
    case 'lists':
      return target.kinds.map((kind) => ({ ...target, kinds: [kind] }));
    case 'task':
      return [];
  }
}
