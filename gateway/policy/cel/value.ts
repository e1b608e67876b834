// The values a condition works on, and the failures that stand in the place of one.

/**
 * Why a value is not there or cannot be used. It travels like a value, so that a failure costs no exception, `||` and `&&` can
 * do without it, and a number that cannot be held exactly spoils only what uses it.
 */
export class Failure {
  /** Plain words; never anything a client sent. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A list whose items are made when they are first asked for, and kept. */
export interface CelList {
  readonly kind: 'list';
  items(): readonly Outcome[] | Failure;
  /** Where the list can tell faster than by looking at each item. */
  readonly has?: (value: Value) => boolean;
}

/** A map from texts. Members are own members: a name such as `constructor` is there only when the sender wrote it. */
export interface CelMap {
  readonly kind: 'map';
  /** Undefined: no such member. */
  get(name: string): Outcome | undefined;
  names(): readonly string[] | Failure;
}

/** A point in time. */
export class Instant {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

export class Duration {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What `type()` answers. */
export class TypeName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An `int` is a bigint, exact also beyond what a double holds; a `double` is a number. */
export type Value = null | boolean | bigint | number | string | Instant | Duration | TypeName | CelList | CelMap;

export type Outcome = Value | Failure;

export const EXHAUSTED = new Failure('it would take too long');
export const WRONG_TYPE = new Failure('a value has the wrong type');

/** A list that is there already. */
export class PlainList implements CelList {
  readonly kind = 'list';
  private readonly held: readonly Outcome[];

  constructor(held: readonly Outcome[]) {
    this.held = held;
  }

  items(): readonly Outcome[] {
    return this.held;
  }
}

/** Texts of which only membership is asked mostly. */
export class TextSet implements CelList {
  readonly kind = 'list';
  private readonly held: ReadonlySet<string>;
  private listed: readonly string[] | undefined;

  constructor(held: ReadonlySet<string>) {
    this.held = held;
  }

  items(): readonly Outcome[] {
    return (this.listed ??= [...this.held]);
  }

  has(value: Value): boolean {
    return typeof value === 'string' && this.held.has(value);
  }
}

/** Values by name that are there already. */
export class PlainMap implements CelMap {
  readonly kind = 'map';
  private readonly held: ReadonlyMap<string, Outcome>;
  private listed: readonly string[] | undefined;

  constructor(held: ReadonlyMap<string, Outcome>) {
    this.held = held;
  }

  get(name: string): Outcome | undefined {
    return this.held.get(name);
  }

  names(): readonly string[] {
    return (this.listed ??= [...this.held.keys()]);
  }
}

export function isList(value: Outcome): value is CelList {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'list';
}

export function isMap(value: Outcome): value is CelMap {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'map';
}
