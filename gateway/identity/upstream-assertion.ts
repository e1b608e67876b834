// Signs a short-lived statement about one request: for whom the gateway calls, and what exactly it was asked.
import { hash } from 'node:crypto';
import { CompactSign } from 'jose';
import type { Principal, Routed } from '../exchange.ts';
import { type AssertionKeySettings, readAssertionKey } from './assertion-key.ts';

export interface AssertionSettings extends AssertionKeySettings {
  readonly ttlMs: number;
  readonly audience: string;
  readonly issuer: string;
  /** The header that carries it, in lower case. */
  readonly header: string;
}

export interface AssertionDeps {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Never the same twice. */
  readonly randomId: () => string;
}

/** Keeps an assertion from being taken for an access token, and the other way round (RFC 8725 section 3.11). */
const TYPE = 'tollgate-assertion+jwt';
const ANONYMOUS_SUBJECT = 'anonymous';

/**
 * Makes the credential that is a JWT of the gateway's own (RFC 7519), signed for one request: `request_digest` is the
 * SHA-256, in base64url, of the body as it goes upstream. `sub` is unique only together with `subject_issuer`, which an
 * anonymous caller does not have. Upstreams check it with the keys of `toPublicJwks`.
 *
 * @throws Error, when it is made, if the key cannot be used
 */
export function makeAssertionCredential(
  settings: AssertionSettings,
  deps: AssertionDeps,
): (routed: Routed) => Promise<readonly string[]> {
  const { privateKey, publicJwk } = readAssertionKey(settings);
  const { issuer: iss, audience: aud, algorithm: alg, header } = settings;
  const protectedHeader = { alg, kid: publicJwk.kid, typ: TYPE };
  const lifetimeS = Math.ceil(settings.ttlMs / 1000);
  const scheme = header === 'authorization' ? 'Bearer ' : '';
  return async ({ principal, envelope, body }) => {
    const iat = Math.floor(deps.nowMs() / 1000);
    const claims = {
      iss,
      aud,
      ...toCallerClaims(principal, iss),
      iat,
      exp: iat + lifetimeS,
      jti: deps.randomId(),
      mcp_method: envelope.method.name,
      mcp_name: envelope.name,
      request_digest: hash('sha256', body, 'base64url'),
    };
    const payload = Buffer.from(JSON.stringify(claims));
    const assertion = await new CompactSign(payload).setProtectedHeader(protectedHeader).sign(privateKey);
    return [header, scheme + assertion];
  };
}

/** The gateway acts, before it the client did (RFC 8693 sections 4.1 to 4.3). Members without a value are left out. */
function toCallerClaims({ kind, issuer, subject, client, scopes }: Principal, gateway: string) {
  if (kind === 'anonymous') return { sub: ANONYMOUS_SUBJECT, act: { sub: gateway } };
  return {
    sub: subject,
    subject_issuer: issuer,
    act: { sub: gateway, act: client === '' ? undefined : { iss: issuer, sub: client } },
    client_id: client === '' ? undefined : client,
    scope: scopes.size === 0 ? undefined : [...scopes].join(' '),
  };
}
