// Proves who calls: the stage that turns a bearer token into a principal, on every request.
import type { Authenticated, Received } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import type { IdentitySettings } from './identity-settings.ts';
import type { IssuerRegistry } from './issuer-registry.ts';
import { toKnownIssuers } from './known-issuer.ts';
import { ANONYMOUS } from './make-principal.ts';
import { hasTokenInQuery } from './query-token.ts';
import type { TokenFault } from './token-fault.ts';
import { findTimeFault } from './token-times.ts';
import type { DatedToken, RefusedToken, VerifiedToken } from './token-verdict.ts';
import { TokenVerdicts } from './token-verdicts.ts';

/** What authentication knows of one endpoint. */
export interface ProtectedEndpoint {
  /** Issuers whose tokens it takes; undefined: all. */
  readonly issuers: readonly string[] | undefined;
  /** The `WWW-Authenticate` header of a refusal (RFC 6750 section 3, RFC 9728 section 5.1). */
  challenge(error: 'invalid_token' | 'invalid_request' | undefined): Readonly<Record<string, string>>;
}

export interface AuthenticateDeps {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** By path. */
  readonly endpoints: ReadonlyMap<string, ProtectedEndpoint>;
  /** Told once of each request with a token: a configured issuer or `unknown`, and `ok` or the reason of the refusal. */
  onValidated?(issuer: string, reason: 'ok' | TokenFault): void;
}

const MAX_TOKEN_LENGTH = 8 * 1024;
const BEARER = /^bearer /i;
const BEARER_LENGTH = 'Bearer '.length;

/**
 * Makes the stage that authenticates. A token that was verified is remembered, and answered for at once; its times, its
 * audience and whether the endpoint takes its issuer are judged on every request. A token sent where none is needed is
 * judged all the same. `registry` is made from the same settings.
 *
 * @throws Refusal token_absent; token_misplaced for two headers or a token in the query (RFC 6750 section 2); token_invalid
 *   with a `TokenFault` as reason (RFC 7519 section 7.2, RFC 8725, RFC 9068 section 4)
 */
export function makeAuthenticate(
  settings: IdentitySettings,
  registry: IssuerRegistry,
  deps: AuthenticateDeps,
): (request: Received) => Authenticated | Promise<Authenticated> {
  const verdicts = new TokenVerdicts(toKnownIssuers(settings, registry), settings.clockSkewMs);
  const takenIssuers = new Map(
    [...deps.endpoints].map(([path, { issuers }]) => [path, issuers === undefined ? undefined : new Set(issuers)]),
  );

  function toChallenge(request: Received, error?: 'invalid_token' | 'invalid_request') {
    const endpoint = deps.endpoints.get(request.endpoint.path);
    if (endpoint === undefined) throw new Error(`authentication does not know the endpoint ${request.endpoint.path}`);
    return endpoint.challenge(error);
  }

  function misplace(request: Received, reason: 'token_twice' | 'token_in_query'): never {
    refuse('token_misplaced', { reason, headers: toChallenge(request, 'invalid_request') });
  }

  function refuseToken(request: Received, fault: TokenFault, issuer = 'unknown'): never {
    deps.onValidated?.(issuer, fault);
    refuse('token_invalid', { reason: fault, headers: toChallenge(request, 'invalid_token') });
  }

  /** Refuses a token that is not for this endpoint at this moment. */
  function checkDated(request: Received, token: DatedToken, nowMs: number): void {
    const { path, resource } = request.endpoint;
    const taken = takenIssuers.get(path);
    if (taken !== undefined && !taken.has(token.issuer.name)) refuseToken(request, 'issuer', token.issuer.name);
    if (!token.audiences.includes(resource)) refuseToken(request, 'audience', token.issuer.name);
    const fault = findTimeFault(token.times, nowMs, settings.clockSkewMs);
    if (fault !== undefined) refuseToken(request, fault, token.issuer.name);
  }

  function conclude(request: Received, verdict: VerifiedToken | RefusedToken, nowMs: number): Authenticated {
    if (verdict.fault !== undefined) refuseToken(request, verdict.fault, verdict.issuer?.name);
    checkDated(request, verdict, nowMs);
    deps.onValidated?.(verdict.issuer.name, 'ok');
    return { ...request, principal: verdict.principal, bearer: verdict.token };
  }

  async function concludeLater(request: Received, verifying: Promise<VerifiedToken | RefusedToken>) {
    return conclude(request, await verifying, deps.nowMs());
  }

  return (request) => {
    if (request.authorization.length > 1) misplace(request, 'token_twice');
    if (hasTokenInQuery(request.query)) misplace(request, 'token_in_query');
    const header = request.authorization[0];
    if (header === undefined) {
      if (!settings.anonymous) refuse('token_absent', { reason: 'absent', headers: toChallenge(request) });
      return { ...request, principal: ANONYMOUS, bearer: undefined };
    }
    if (!BEARER.test(header)) refuseToken(request, 'scheme');
    if (header.length > BEARER_LENGTH + MAX_TOKEN_LENGTH) refuseToken(request, 'size');
    const token = header.slice(BEARER_LENGTH);

    const nowMs = deps.nowMs();
    const known = verdicts.find(token, nowMs);
    if (known !== undefined) return conclude(request, known, nowMs);
    const underWay = verdicts.findUnderWay(token);
    if (underWay !== undefined) return concludeLater(request, underWay);
    const read = verdicts.read(token);
    if (read.fault !== undefined) return conclude(request, read, nowMs);
    // Before keys are asked for: what is refused here costs neither a signature nor a fetch.
    checkDated(request, read, nowMs);
    return concludeLater(request, verdicts.verify(read, nowMs));
  };
}
