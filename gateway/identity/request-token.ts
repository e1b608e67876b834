// Asks a token endpoint for a token, once, and takes only an answer that can be used as it is.
import { type FetchDeps, fetchDocument } from './fetch-document.ts';
import type { StrictObject } from './strict-object.ts';

export interface TokenRequest {
  readonly tokenEndpoint: string;
  /** The value of `Authorization`. */
  readonly authorization: string;
  readonly form: URLSearchParams;
}

export type TokenAnswer =
  | { readonly granted: true; readonly accessToken: string; readonly lifetimeMs: number }
  /** `error`: a registered word, or `other`. */
  | { readonly granted: false; readonly status: number; readonly error: string };

/** What a refusal comes with (RFC 6749 section 5.2); 403 is what some servers send instead. */
const REFUSING: ReadonlySet<number> = new Set([400, 401, 403]);
/** RFC 6749 section 5.2, RFC 8693 section 2.2.2; fixed, so that an answer's own words never reach a log. */
const ERRORS: ReadonlySet<unknown> = new Set([
  'access_denied',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'unauthorized_client',
  'unsupported_grant_type',
]);
/** RFC 6750 section 2.1, and no more of it than we take from callers. */
const BEARER_TOKEN = /^(?=.{1,8192}$)[\w.~+/-]+=*$/;
/** Whatever else was issued, such as a refresh token, is not for an upstream (RFC 8693 section 3). */
const ACCESS_TYPES: ReadonlySet<unknown> = new Set([
  undefined,
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
]);
/** For a token that does not say how long it lives. */
const UNTOLD_LIFETIME_S = 60;

/**
 * Sends a token request (RFC 6749 section 3.2) and reads the answer (RFC 6749 sections 5.1 and 5.2, RFC 8693 section 2.2).
 *
 * @throws Error, without a word of the answer, unless that is a bearer token or a refusal, in time and within bounds
 */
export async function requestToken(request: TokenRequest, deps: FetchDeps): Promise<TokenAnswer> {
  const { tokenEndpoint, authorization, form } = request;
  let status = 0;
  const post: typeof fetch = async (url, init) => {
    const headers = { accept: 'application/json', authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const response = await deps.fetch(url, { ...init, method: 'POST', headers, body: form.toString() });
    ({ status } = response);
    // A refusal is a JSON object too, and is read within the same bounds.
    return REFUSING.has(status) ? new Response(response.body) : response;
  };
  const answer = await fetchDocument(tokenEndpoint, { ...deps, fetch: post });
  return status === 200 ? readGrant(answer) : readRefusal(answer, status);
}

function readRefusal({ error }: StrictObject, status: number): TokenAnswer {
  if (typeof error !== 'string') throw new Error(`the token endpoint answered ${status} without an OAuth error`);
  return { granted: false, status, error: ERRORS.has(error) ? error : 'other' };
}

function readGrant(answer: StrictObject): TokenAnswer {
  const { access_token: accessToken, token_type: type, issued_token_type: issued, expires_in: lifetimeS } = answer;
  if (typeof accessToken !== 'string' || !BEARER_TOKEN.test(accessToken)) fail('access_token');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') fail('token_type');
  if (!ACCESS_TYPES.has(issued)) fail('issued_token_type');
  if (lifetimeS !== undefined && !(typeof lifetimeS === 'number' && lifetimeS > 0)) fail('expires_in');
  return { granted: true, accessToken, lifetimeMs: (lifetimeS ?? UNTOLD_LIFETIME_S) * 1000 };
}

function fail(member: string): never {
  throw new Error(`the token endpoint answered without a usable ${member}`);
}
