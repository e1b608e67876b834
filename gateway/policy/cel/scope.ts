// What a condition's text has been found to hold while it is compiled: its variables, and the loops around each place.
import { ConditionFault } from './fault.ts';
import { VARIABLES } from './variables.ts';

/** A loop in a loop in a loop is the cube of what a client sends. */
const MAX_LOOPS = 2;

export class Scope {
  /** Variables of the request that the condition asks for. */
  readonly used = new Set<string>();
  private readonly bound: string[] = [];
  private nodes = 0;

  /** Nodes compiled so far. */
  get size(): number {
    return this.nodes;
  }

  countNode(): void {
    this.nodes++;
  }

  /** The slot of the innermost loop's variable of this name. */
  find(name: string): number | undefined {
    const slot = this.bound.indexOf(name);
    return slot < 0 ? undefined : slot;
  }

  /** @returns the slot of the variable, until `leave` */
  enter(name: string): number {
    if (this.bound.length === MAX_LOOPS) throw new ConditionFault(`more than ${MAX_LOOPS} loops inside each other`);
    if (VARIABLES.has(name) || this.bound.includes(name)) {
      throw new ConditionFault(`${name} has a meaning already: name the variable of the loop otherwise`);
    }
    return this.bound.push(name) - 1;
  }

  leave(): void {
    this.bound.pop();
  }
}
