// The clauses of one kind and effect by name: exact names by hash, globs by their ends.
import type { Principal } from '../exchange.ts';
import type { NamePattern } from '../mcp/name-pattern.ts';
import type { BestClause, Clause } from './clause.ts';
import { GrantIndex } from './grant-index.ts';
import { PatternIndex } from './pattern-index.ts';

export class NameTable {
  /** By the very text of the rule; a text with a star is a glob. */
  private readonly exact = new Map<string, GrantIndex>();
  private readonly byGlob = new Map<string, GrantIndex>();
  private readonly globs = new PatternIndex<GrantIndex>();
  private readonly compile: (glob: string) => NamePattern;

  constructor(compile: (glob: string) => NamePattern) {
    this.compile = compile;
  }

  get isEmpty(): boolean {
    return this.exact.size === 0 && this.byGlob.size === 0;
  }

  add(pattern: string, clause: Clause): void {
    const known = (pattern.includes('*') ? this.byGlob : this.exact).get(pattern);
    (known ?? this.makeIndex(pattern)).add(clause);
  }

  /** Offers the clauses that stand under this name. */
  search(name: string, principal: Principal, best: BestClause): void {
    this.exact.get(name)?.search(principal, best);
    for (const index of this.globs.find(name)) index.search(principal, best);
  }

  private makeIndex(pattern: string): GrantIndex {
    const index = new GrantIndex();
    if (pattern.includes('*')) {
      this.byGlob.set(pattern, index);
      this.globs.add(pattern, this.compile(pattern), index);
    } else {
      this.exact.set(pattern, index);
    }
    return index;
  }
}
