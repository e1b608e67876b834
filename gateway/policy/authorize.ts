// Looks up whether the caller may do this. This version knows one rule, which opens everything to anonymous callers.
import type { Enveloped, Permit, Permitted } from '../exchange.ts';
import { refuse } from '../refusal.ts';

const OPEN_GATE = { rule: 'open-gate' } as Permit;

/**
 * Makes the stage that authorizes. Without `identity.anonymous` there is no rule, and what no rule allows is denied.
 *
 * @throws Refusal denied
 */
export function makeAuthorize(settings: { readonly anonymous: boolean }): (request: Enveloped) => Permitted {
  return (request) => {
    if (!settings.anonymous) refuse('denied', { reason: 'no_rule' });
    return { ...request, permit: OPEN_GATE };
  };
}
