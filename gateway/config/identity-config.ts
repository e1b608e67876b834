// Who may call, checked: issuers whose tokens count, and how their keys are kept.

export interface IdentityConfig {
  readonly anonymous: boolean;
  readonly clockSkewMs: number;
  readonly issuers: readonly IssuerConfig[];
  readonly keys: {
    readonly refreshMs: number;
    readonly cooldownMs: number;
    readonly staleForMs: number;
    readonly timeoutMs: number;
    readonly atStart: 'wait' | 'fail';
  };
  /** Old clients look for the issuer's metadata here; true passes them on to it. */
  readonly metadataPassage: boolean;
}

export interface IssuerConfig {
  /** As it was written: `iss` is compared with it character by character. */
  readonly issuer: string;
  /** Undefined: found through discovery. */
  readonly jwksUri: string | undefined;
  /** JWS `alg` values, asymmetric only. */
  readonly algorithms: readonly string[];
  /** Lower case and without `application/`, as RFC 7515 section 4.1.9 compares `typ`. */
  readonly tokenTypes: readonly string[];
  /** Names of claims, or dotted paths to them. */
  readonly claims: { readonly scopes: string; readonly groups: string; readonly client: string };
  /** Scope -> every other scope it implies, directly or through others. */
  readonly scopeImplies: ReadonlyMap<string, readonly string[]>;
}
