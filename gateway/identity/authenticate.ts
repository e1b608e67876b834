// Proves who calls. This version knows one principal, anonymous, and only where the configuration says so.
import type { Authenticated, Principal, Received } from '../exchange.ts';
import { refuse } from '../refusal.ts';

export interface IdentitySettings {
  readonly anonymous: boolean;
}

const ANONYMOUS = { kind: 'anonymous' } as Principal;

/**
 * Makes the stage that authenticates.
 *
 * @throws Refusal token_absent, token_invalid, token_misplaced (RFC 6750 sections 2 and 3)
 */
export function makeAuthenticate(settings: IdentitySettings): (request: Received) => Authenticated {
  return (request) => {
    if (request.authorization.length > 1) {
      refuse('token_misplaced', { reason: 'token_twice', headers: toChallenge('invalid_request') });
    }
    if (request.query !== '' && new URLSearchParams(request.query).has('access_token')) {
      refuse('token_misplaced', { reason: 'token_in_query', headers: toChallenge('invalid_request') });
    }
    // No issuer can be configured, so no token can be proven; taking one unproven for nobody's would be guessing.
    if (request.authorization.length === 1) {
      refuse('token_invalid', { reason: 'no_issuer', headers: toChallenge('invalid_token') });
    }
    if (!settings.anonymous) refuse('token_absent', { reason: 'absent', headers: toChallenge(undefined) });
    return { ...request, principal: ANONYMOUS };
  };
}

function toChallenge(error: string | undefined): Readonly<Record<string, string>> {
  return { 'www-authenticate': error === undefined ? 'Bearer' : `Bearer error="${error}"` };
}
