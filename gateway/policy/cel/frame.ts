// What one evaluation works with: the facts, the variables of its macros, and how much work it may still do.
import type { Facts } from '../condition.ts';
import type { CelMap, Outcome } from './value.ts';

/** Steps of about 20 ns: a hostile request can make one evaluation cost about a millisecond, not more. */
const WORK = 40_000;
/** Characters that one step looks at. */
const CHARACTERS_PER_STEP = 32;

export class Frame {
  readonly facts: Facts;
  readonly locals: Outcome[] = [];
  /** Made when it is first asked for. */
  principal: CelMap | undefined;
  private left = WORK;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  /** True once more work was asked for than there is; whatever was found by then does not count. */
  get isExhausted(): boolean {
    return this.left < 0;
  }

  get stepsLeft(): number {
    return this.left;
  }

  /** @returns false when there is not that much work left */
  spend(steps: number): boolean {
    this.left -= steps;
    return this.left >= 0;
  }

  /** The same, for looking at so many characters. */
  spendOnText(characters: number): boolean {
    return characters < CHARACTERS_PER_STEP || this.spend(Math.ceil(characters / CHARACTERS_PER_STEP));
  }
}

/** Computes one node of a condition. */
export type Step = (frame: Frame) => Outcome;
