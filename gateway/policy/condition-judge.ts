// Tells which conditions hold for one decision; each text is evaluated once, however many rules share it.
import type { Principal } from '../exchange.ts';
import type { Condition, Facts } from './condition.ts';

export class ConditionJudge {
  private readonly given: Facts;
  private readonly principal: Principal;
  private readonly name: string | undefined;
  /** Made for the first condition; most decisions meet none. */
  private facts: Facts | undefined;
  private known: Map<Condition, boolean | 'failed'> | undefined;

  /** @param facts whose name and principal are those given beside it */
  constructor(facts: Facts, principal: Principal, name: string | undefined) {
    this.given = facts;
    this.principal = principal;
    this.name = name;
  }

  /**
   * Whether a rule with this condition fits. What asks for something that is not known yet fits an allow, which may come to
   * hold, and not a deny. What fails fits a deny and not an allow.
   */
  fits(condition: Condition, effect: 'allow' | 'deny'): boolean {
    const facts = (this.facts ??= { ...this.given, principal: this.principal, name: this.name });
    if (!condition.isDecidable(facts)) return effect === 'allow';
    const holds = this.evaluate(condition, facts);
    return holds === 'failed' ? effect === 'deny' : holds;
  }

  private evaluate(condition: Condition, facts: Facts): boolean | 'failed' {
    this.known ??= new Map();
    let holds = this.known.get(condition);
    if (holds === undefined) {
      holds = condition.evaluate(facts);
      this.known.set(condition, holds);
    }
    return holds;
  }
}
