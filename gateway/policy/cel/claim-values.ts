// Gives the claims of a token, which were parsed before, to conditions; members that are not own members do not exist.
import { type CelList, type CelMap, Failure, type Outcome } from './value.ts';

type JsonMembers = Readonly<Record<string, unknown>>;

/** A parser of doubles may have rounded it. */
const ROUNDED = new Failure('a number in the claims is too large to be exact');
const FOREIGN = new Failure('a claim is not a value of JSON');

export function claimsOf(claims: JsonMembers): CelMap {
  return new ClaimMap(claims);
}

class ClaimMap implements CelMap {
  readonly kind = 'map';
  private readonly held: JsonMembers;
  private readonly values = new Map<string, Outcome>();
  private listed: readonly string[] | undefined;

  constructor(held: JsonMembers) {
    this.held = held;
  }

  get(name: string): Outcome | undefined {
    if (!Object.hasOwn(this.held, name)) return undefined;
    let value = this.values.get(name);
    if (value === undefined) {
      value = toValue(this.held[name]);
      this.values.set(name, value);
    }
    return value;
  }

  names(): readonly string[] {
    return (this.listed ??= Object.keys(this.held));
  }
}

class ClaimList implements CelList {
  readonly kind = 'list';
  private readonly held: readonly unknown[];
  private values: readonly Outcome[] | undefined;

  constructor(held: readonly unknown[]) {
    this.held = held;
  }

  items(): readonly Outcome[] {
    return (this.values ??= this.held.map(toValue));
  }
}

/** A whole number is an `int`: how it was written is no longer known. */
function toValue(claim: unknown): Outcome {
  if (typeof claim === 'string' || typeof claim === 'boolean' || claim === null) return claim;
  if (typeof claim === 'number') {
    if (!Number.isInteger(claim)) return Number.isFinite(claim) ? claim : ROUNDED;
    return Number.isSafeInteger(claim) ? BigInt(claim) : ROUNDED;
  }
  if (typeof claim !== 'object') return FOREIGN;
  return Array.isArray(claim) ? new ClaimList(claim) : new ClaimMap(claim as JsonMembers);
}
