// How the gateway proves itself to an upstream, checked: files read, defaults resolved. Holds secrets; never log one whole.

export type CredentialConfig =
  | { readonly kind: 'bearer'; readonly token: string }
  /** `name` is in lower case. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | AssertionConfig
  | ExchangeConfig
  /** The caller's own token goes on: the upstream is the same resource as every endpoint that leads to it. */
  | { readonly kind: 'forward' };

/** A short-lived JWT that the gateway signs. */
interface AssertionConfig {
  readonly kind: 'assertion';
  /** PEM contents: a private key, not encrypted. */
  readonly keyPem: string;
  readonly keyId: string | undefined;
  /** JWS `alg` that fits the key. */
  readonly algorithm: string;
  readonly ttlMs: number;
  readonly audience: string;
  readonly issuer: string;
  /** The header that carries it, in lower case. */
  readonly header: string;
}

/** RFC 8693 token exchange. */
interface ExchangeConfig {
  readonly kind: 'exchange';
  /** One of `identity.issuers`. */
  readonly issuer: string;
  /** Undefined: found through discovery. */
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The `resource` parameter (RFC 8707). */
  readonly resource: string;
  readonly audience: string | undefined;
  readonly scopes: readonly string[];
  readonly timeoutMs: number;
}
