// The shape of the quota rules, as the configuration hands them over.

/** @template Grant who is meant, in the policy's words; this folder never looks inside */
export interface QuotaSettings<Grant> {
  /** True: answers carry the fields `RateLimit` and `RateLimit-Policy`. */
  readonly headers: boolean;
  /** All that match a request apply. */
  readonly rules: readonly QuotaRule<Grant>[];
}

/** One limit. At least one of `rate`, `concurrent` and `tasks` is there. */
export interface QuotaRule<Grant> {
  /** Unique among the rules. */
  readonly id: string;
  readonly per: QuotaSubject;
  /** Globs; an empty list matches everything. */
  readonly match: {
    readonly methods: readonly string[];
    readonly names: readonly string[];
    readonly endpoints: readonly string[];
  };
  /** Undefined: everyone. */
  readonly to: Grant | undefined;
  readonly rate: RateSettings | undefined;
  /** How many may come at once; undefined: as many as `rate` counts. */
  readonly burst: number | undefined;
  readonly concurrent: number | undefined;
  readonly tasks: TaskSettings | undefined;
  readonly onStoreFailure: OnStoreFailure;
}

/** Whose share a rule counts. */
export type QuotaSubject =
  | { readonly by: 'principal' | 'client' | 'issuer' | 'endpoint' | 'address' }
  | { readonly by: 'claim'; readonly claim: string };

export type OnStoreFailure = 'allow' | 'deny';

export interface RateSettings {
  readonly count: number;
  readonly periodMs: number;
}

export interface TaskSettings {
  /** Most tasks alive at once. */
  readonly live: number | undefined;
  readonly start: RateSettings | undefined;
  /** `inline`: a call beyond the limit goes on without the extension. */
  readonly overLimit: 'refuse' | 'inline';
  /** When the slot of a task is free again, whatever the server says. */
  readonly longestLifeMs: number;
  /** How much earlier than `pollIntervalMs` a poll may come: a fraction of it, from 0 to 1. */
  readonly pollTolerance: number;
}
