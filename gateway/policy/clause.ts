// One rule as it stands under one name, and the search for the clause that fits a request best.
import type { Principal } from '../exchange.ts';
import { type CompiledGrant, countMissingScopes, fitsCaller } from './compile-grant.ts';
import type { Condition } from './condition.ts';
import type { ConditionJudge } from './condition-judge.ts';

export interface Clause {
  readonly rule: string;
  readonly effect: 'allow' | 'deny';
  /** Rank of the rule's id among all; of two clauses that fit equally well, the lower one is named. */
  readonly rank: number;
  readonly grant: CompiledGrant;
  /** Two clauses with the same text share one. */
  readonly condition: Condition | undefined;
}

/** Keeps the best of the clauses offered: fewest scopes missing, then lowest rank; those that do not fit never count. */
export class BestClause {
  clause: Clause | undefined;
  missing = Number.POSITIVE_INFINITY;
  private readonly principal: Principal;
  private readonly judge: ConditionJudge;

  constructor(principal: Principal, judge: ConditionJudge) {
    this.principal = principal;
    this.judge = judge;
  }

  /** The clause when nothing is missing. */
  get fitting(): Clause | undefined {
    return this.missing === 0 ? this.clause : undefined;
  }

  /** @param clauses in order of rank */
  offer(clauses: readonly Clause[] | undefined): void {
    if (clauses === undefined) return;
    for (const clause of clauses) {
      const rank = this.clause?.rank ?? Number.POSITIVE_INFINITY;
      if (this.missing === 0 && rank <= clause.rank) return;
      if (!fitsCaller(clause.grant, this.principal)) continue;
      const missing = countMissingScopes(clause.grant, this.principal);
      if (missing > this.missing || (missing === this.missing && clause.rank > rank)) continue;
      // A deny that lacks scopes never counts, so its condition need not be asked.
      if (clause.effect === 'deny' && missing > 0) continue;
      if (clause.condition !== undefined && !this.judge.fits(clause.condition, clause.effect)) continue;
      this.clause = clause;
      this.missing = missing;
    }
  }
}
