// Holds the clauses of one name by whom they mean, so that a rule per person costs what one rule costs.
import type { Principal } from '../exchange.ts';
import type { BestClause, Clause } from './clause.ts';
import type { ClaimCondition, CompiledGrant } from './compile-grant.ts';
import type { Condition } from './condition.ts';

type Buckets = Map<string, Clause[]>;

interface ClaimBuckets {
  readonly readTexts: ClaimCondition['readTexts'];
  readonly byValue: Buckets;
}

/** A clause stands under the values of its narrowest condition; only clauses that a principal's own values lead to are looked at. */
export class GrantIndex {
  private readonly held = new Map<CompiledGrant, Set<Condition | undefined>>();
  /** Clauses without any condition but scopes. */
  private readonly open: Clause[] = [];
  private subjects: Buckets | undefined;
  private clients: Buckets | undefined;
  private groups: Buckets | undefined;
  private issuers: Buckets | undefined;
  private claims: Map<string, ClaimBuckets> | undefined;

  /** Adds a clause; ranks must rise. Of two with the same grant and condition only the first is kept, and none behind one without condition. */
  add(clause: Clause): void {
    const { grant, condition } = clause;
    const held = this.held.get(grant);
    if (held?.has(condition) || held?.has(undefined)) return;
    if (held === undefined) this.held.set(grant, new Set([condition]));
    else held.add(condition);
    const claim = grant.claims[0];
    if (grant.subjects !== undefined) put((this.subjects ??= new Map()), grant.subjects, clause);
    else if (grant.clients !== undefined) put((this.clients ??= new Map()), grant.clients, clause);
    else if (claim !== undefined) put(this.bucketsOf(claim), claim.values, clause);
    else if (grant.groups !== undefined) put((this.groups ??= new Map()), grant.groups, clause);
    else if (grant.issuers !== undefined) put((this.issuers ??= new Map()), grant.issuers, clause);
    else this.open.push(clause);
  }

  /** Offers every clause that could mean this principal. */
  search(principal: Principal, best: BestClause): void {
    best.offer(this.open);
    if (this.subjects !== undefined) best.offer(this.subjects.get(principal.subject));
    if (this.clients !== undefined) best.offer(this.clients.get(principal.client));
    if (this.issuers !== undefined) best.offer(this.issuers.get(principal.issuer));
    if (this.groups !== undefined) for (const group of principal.groups) best.offer(this.groups.get(group));
    if (this.claims === undefined) return;
    for (const { readTexts, byValue } of this.claims.values()) {
      for (const text of readTexts(principal.claims)) best.offer(byValue.get(text));
    }
  }

  private bucketsOf({ path, readTexts }: ClaimCondition): Buckets {
    this.claims ??= new Map();
    const known = this.claims.get(path);
    if (known !== undefined) return known.byValue;
    const byValue: Buckets = new Map();
    this.claims.set(path, { readTexts, byValue });
    return byValue;
  }
}

function put(buckets: Buckets, values: ReadonlySet<string>, clause: Clause): void {
  for (const value of values) {
    const bucket = buckets.get(value);
    if (bucket === undefined) buckets.set(value, [clause]);
    else bucket.push(clause);
  }
}
