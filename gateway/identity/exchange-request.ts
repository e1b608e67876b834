// Writes the request that exchanges a caller's token for one that is meant for an upstream.
import type { TokenRequest } from './request-token.ts';

export interface ExchangeTarget {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The `resource` parameter (RFC 8707 section 2). */
  readonly resource: string;
  readonly audience: string | undefined;
  readonly scopes: readonly string[];
}

/** RFC 8693 section 2.1, from a client that gives its secret by `client_secret_basic`. */
export function toExchangeRequest(target: ExchangeTarget, tokenEndpoint: string, subjectToken: string): TokenRequest {
  const { clientId, clientSecret, resource, audience, scopes } = target;
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource,
  });
  if (audience !== undefined) form.set('audience', audience);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`);
  return { tokenEndpoint, authorization: `Basic ${credentials.toString('base64')}`, form };
}

/** As a form field, so that a colon or an umlaut has one meaning (RFC 6749 section 2.3.1 and appendix B). */
function encode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
