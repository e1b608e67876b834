// One rule as it stands under one name, and the search for the clause that fits a principal best.
import type { Principal } from '../exchange.ts';
import { type CompiledGrant, countMissingScopes, fitsCaller } from './compile-grant.ts';

export interface Clause {
  readonly rule: string;
  /** Rank of the rule's id among all; of two clauses that fit equally well, the lower one is named. */
  readonly rank: number;
  readonly grant: CompiledGrant;
}

/** Keeps the best of the clauses offered: fewest scopes missing, then lowest rank; those not meant for the principal never count. */
export class BestClause {
  clause: Clause | undefined;
  missing = Number.POSITIVE_INFINITY;
  private readonly principal: Principal;

  constructor(principal: Principal) {
    this.principal = principal;
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
      if (missing < this.missing || (missing === this.missing && clause.rank < rank)) {
        this.clause = clause;
        this.missing = missing;
      }
    }
  }
}
