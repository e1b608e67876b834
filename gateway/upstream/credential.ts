// What proves the gateway to an upstream: headers for one request, from a fixed secret or from the caller's own token.
import type { Routed } from '../exchange.ts';
import { isPlainField } from '../mcp/header-value.ts';
import { refuse } from '../refusal.ts';

/** Gives the headers that one request needs to be let in: names in lower case and values, in turn. */
export type Credential = (routed: Routed) => readonly string[] | Promise<readonly string[]>;

export type StaticSettings =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'header'; readonly name: string; readonly value: string };

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * The same header for every request (RFC 6750 section 2.1 for `bearer`).
 *
 * @throws Error when it could not stand in a header block as it is (RFC 9110 section 5); says nothing of the secret
 */
export function makeStaticCredential(settings: StaticSettings): Credential {
  const headers =
    settings.kind === 'bearer'
      ? (['authorization', `Bearer ${settings.token}`] as const)
      : ([settings.name, settings.value] as const);
  const [name, value] = headers;
  if (!FIELD_NAME.test(name) || !isPlainField(value)) throw new Error('a credential that cannot stand in a header');
  return () => headers;
}

/**
 * The caller's own token, for an upstream that is the very resource it was issued for; the configuration saw to that
 * (RFC 8707 section 2; MCP 2026-07-28, basic/authorization).
 *
 * @throws Refusal upstream_failed `no_token` for a caller without one
 */
export function makeForwardCredential(): Credential {
  return ({ bearer }) => {
    if (bearer === undefined) refuse('upstream_failed', { reason: 'no_token' });
    return ['authorization', `Bearer ${bearer}`];
  };
}
