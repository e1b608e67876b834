// How state that leaves is sealed, checked: keys read, defaults filled in. Holds secrets; never log one whole.

export interface SealingConfig {
  /** The first one seals, all of them open. Empty: a key of this process alone, made at its start. */
  readonly keys: readonly SealingKey[];
  readonly state: {
    readonly ttlMs: number;
    /** True: a state is good for the very arguments it was given for. */
    readonly bindArguments: boolean;
    /** True: a state opens once, which the quota store remembers. */
    readonly singleUse: boolean;
    /** Largest `inputResponses`. */
    readonly maxResponsesBytes: number;
  };
  readonly tasks: {
    readonly affinity: 'instance' | 'none';
    /** How long the id of a task without `ttlMs` opens. */
    readonly longestLifeMs: number;
  };
  readonly handles: readonly HandleConfig[];
}

interface SealingKey {
  /** Unique among the keys. */
  readonly id: string;
  /** Canonical base64 of 32 bytes. */
  readonly secret: string;
  readonly openOnly: boolean;
}

/** A value in the results of some tools that only its owner may give to others. */
export interface HandleConfig {
  /** Glob of the tools whose result holds it. */
  readonly tool: string;
  /** Glob of endpoint paths; undefined: all. */
  readonly endpoint: string | undefined;
  /** JSON Pointer into the result. */
  readonly result: string;
  /** Where it comes back: globs of tools, JSON Pointers into their arguments. */
  readonly opens: readonly { readonly tool: string; readonly argument: string }[];
  readonly bind: { readonly by: 'principal' } | { readonly by: 'claim'; readonly claim: string };
  readonly ttlMs: number;
  /** True: a value that was not sealed is refused. */
  readonly required: boolean;
}
