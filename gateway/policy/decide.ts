// Decides what a principal may do: pure, default deny, a deny wins over any allow, the order of rules means nothing.
import type { Principal } from '../exchange.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import { findTemplateFault, findUriFault, type UriFault } from '../mcp/uri-fault.ts';
import { BestClause } from './clause.ts';
import type { CompiledRules } from './compile-rules.ts';
import type { Facts } from './condition.ts';
import { ConditionJudge } from './condition-judge.ts';
import { toDeniedForms } from './denied-forms.ts';

export type Kind = NamedKind | 'template';

export type Decision = Allowed | NotAllowed;

export interface Allowed {
  readonly allowed: true;
  readonly rule: string;
}

export interface NotAllowed {
  readonly allowed: false;
  readonly why: 'denied' | 'no_rule' | 'scopes';
  /** The rule that denies, or the allow that only scopes stand before. */
  readonly rule?: string;
  /** All scopes of that allow, those the principal has included; sorted. */
  readonly scopes?: readonly string[];
  /** Why a URI was not even compared. */
  readonly fault?: UriFault;
}

export const NO_RULE: NotAllowed = { allowed: false, why: 'no_rule' };

/** No rule is meant for names of this length, and comparing them would cost time. */
export const MAX_NAME_LENGTH = 8192;

/**
 * Conditions are evaluated only for rules that fit kind, name and principal, until the answer is settled; the cost of a decision
 * grows with these, and with nothing else.
 *
 * @param name a tool, a prompt, a resource URI, or for `template` a URI template
 * @param facts what conditions may ask; its name and principal are those given here
 * @returns whether it is allowed; of several rules that fit the one whose id sorts first is named, and for missing scopes the
 *   allow with the fewest missing
 */
export function decide(rules: CompiledRules, principal: Principal, kind: Kind, name: string, facts: Facts): Decision {
  if (name.length > MAX_NAME_LENGTH) return NO_RULE;
  const fault = kind === 'resource' ? findUriFault(name) : kind === 'template' ? findTemplateFault(name) : undefined;
  if (fault !== undefined) return { allowed: false, why: 'no_rule', fault };
  const subject = kind === 'template' ? 'resource' : kind;
  const judge = new ConditionJudge(facts, principal, name);
  const denies = rules.denies[subject];
  if (!denies.isEmpty) {
    const deny = new BestClause(principal, judge);
    denies.search(name, principal, deny);
    for (const form of toDeniedForms(subject, name)) denies.search(form, principal, deny);
    if (deny.fitting !== undefined) return { allowed: false, why: 'denied', rule: deny.fitting.rule };
  }
  const allow = new BestClause(principal, judge);
  rules.allows[subject].search(name, principal, allow);
  return toDecision(allow);
}

/** The decision that an allow, or the lack of one, leads to. */
function toDecision({ clause, missing }: BestClause): Decision {
  if (clause === undefined) return NO_RULE;
  if (missing === 0) return { allowed: true, rule: clause.rule };
  return { allowed: false, why: 'scopes', rule: clause.rule, scopes: clause.grant.scopes };
}
