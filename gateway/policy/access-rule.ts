// The shape of an access rule and of a grant, as the configuration hands them over.

/** Who is meant. Every condition that is given must hold; within one, any of its values is enough, but all `scopes`. */
export interface Grant {
  /** Sets no condition of its own. A grant without it and without any condition is nobody's. */
  readonly everyone: boolean;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  /** Unique only within one issuer: name `issuers` too where there are several. */
  readonly subjects: readonly string[];
  readonly clients: readonly string[];
  readonly issuers: readonly string[];
  /** By exact claim name, or else dotted path. A claim that is an array holds when one of its elements does. */
  readonly claims: ReadonlyMap<string, readonly string[]>;
}

export interface AccessRule {
  /** Unique in one endpoint. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** Globs in which `*` matches anything; an empty list matches nothing. */
  readonly tools: readonly string[];
  readonly prompts: readonly string[];
  /** Globs over URIs: `*` within one segment, `**` across. */
  readonly resources: readonly string[];
  /** Undefined: everyone when it denies, nobody when it allows. */
  readonly to: Grant | undefined;
  /** `shadow`: it is only told what it would have changed. */
  readonly mode: 'enforce' | 'shadow';
  /** A condition in CEL, for which `compileCondition` is ok; undefined: none. */
  readonly when: string | undefined;
}
