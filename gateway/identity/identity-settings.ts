// What the operator says about who may call: issuers, their keys and how far clocks may differ.

export interface IssuerSettings {
  /** `iss` of its tokens, compared as an exact string. */
  readonly issuer: string;
  /** Where its keys are; undefined: found through discovery. */
  readonly jwksUri: string | undefined;
  /** Signature algorithms taken from it; asymmetric only, whatever stands here. */
  readonly algorithms: readonly string[];
  /** Values of `typ` taken from it, as media types without `application/`; `JWT` also stands for a token without `typ`. */
  readonly tokenTypes: readonly string[];
  /** Where it keeps what policies ask for: an exact claim name, or else a dotted path. */
  readonly claims: { readonly scopes: string; readonly groups: string; readonly client: string };
  readonly scopeImplies: ReadonlyMap<string, readonly string[]>;
}

export interface KeySettings {
  /** Keys are fetched again this often, or a little sooner. */
  readonly refreshMs: number;
  /** An unknown `kid` causes at most one fetch in this time. */
  readonly cooldownMs: number;
  /** Keys serve so long beyond the time of their refresh when the issuer cannot be reached. */
  readonly staleForMs: number;
  /** For each document fetched from an issuer. */
  readonly timeoutMs: number;
}

export interface IdentitySettings {
  readonly anonymous: boolean;
  readonly clockSkewMs: number;
  readonly issuers: readonly IssuerSettings[];
  readonly keys: KeySettings;
}
