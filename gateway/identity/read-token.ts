// Judges all of a token that needs neither keys nor the moment: form, header, issuer and the shape of its claims.
import type { KnownIssuer, SubjectClaims } from './known-issuer.ts';
import type { StrictObject } from './strict-object.ts';
import type { TokenFault } from './token-fault.ts';
import { readTokenForm } from './token-form.ts';
import { readTokenTimes } from './token-times.ts';
import { toTokenType } from './token-type.ts';
import type { DatedToken, RefusedToken } from './token-verdict.ts';

/** A well-formed token that says it is from a known issuer; nobody has looked at its signature. */
export interface ReadToken extends DatedToken {
  readonly fault: undefined;
  readonly alg: string;
  readonly kid: string | undefined;
  readonly claims: SubjectClaims;
}

/** `jku` and `x5u` would have us fetch what a caller says, `jwk` and `x5c` believe it (RFC 8725 section 3.10). */
const KEY_HEADERS = ['jwk', 'jku', 'x5c', 'x5u'];
/** What only ID tokens (OpenID Connect Core sections 2 and 3.3.2.11) and logout tokens carry. */
const LOGIN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];
const ACCESS_TOKEN = 'at+jwt';
/** RFC 7519 section 5.1: a token is a JWT also when it does not say so; Okta's do not. */
const UNTYPED = 'JWT';

/**
 * Reads a token (RFC 7519 section 7.2, RFC 8725, RFC 9068 section 4) as far as that costs no signature check.
 *
 * @returns the token, or its first fault; that rests on its bytes and the settings alone
 */
export function readToken(token: string, issuers: ReadonlyMap<string, KnownIssuer>): ReadToken | RefusedToken {
  const parts = readTokenForm(token);
  if (typeof parts === 'string') return { fault: parts, issuer: undefined, keySet: undefined };
  const { header, payload } = parts;
  const name = payload['iss'];
  const issuer = typeof name === 'string' ? issuers.get(name) : undefined;
  const no = (fault: TokenFault): RefusedToken => ({ fault, issuer, keySet: undefined });

  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return no('crit');
  if (KEY_HEADERS.some((each) => Object.hasOwn(header, each))) return no('embedded_key');
  if (issuer === undefined) return no('issuer');

  const { alg, kid, typ = UNTYPED } = header;
  if (typeof alg !== 'string' || !issuer.algorithms.has(alg)) return no('alg');
  if (typeof typ !== 'string') return no('typ');
  const type = toTokenType(typ);
  if (!issuer.tokenTypes.has(type)) return no('typ');
  if (kid !== undefined && typeof kid !== 'string') return no('form');
  if (type !== ACCESS_TOKEN && isLoginToken(payload)) return no('id_token');

  if (Object.hasOwn(payload, 'cnf')) return no('proof_bound');
  if (!hasSubject(payload)) return no('subject');
  const times = readTokenTimes(payload);
  if (times === undefined) return no('times');
  const audiences = findAudiences(payload['aud']);
  if (audiences === undefined) return no('audience');
  return { fault: undefined, token, issuer, alg, kid, times, audiences, claims: payload };
}

/** Keycloak signs ID tokens with the same keys and header, and says in a claim `typ` what they are. */
function isLoginToken(payload: StrictObject): boolean {
  return payload['typ'] === 'ID' || LOGIN_CLAIMS.some((each) => Object.hasOwn(payload, each));
}

function hasSubject(payload: StrictObject): payload is SubjectClaims {
  return typeof payload['sub'] === 'string' && payload['sub'] !== '';
}

function findAudiences(aud: unknown): readonly string[] | undefined {
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.every((each) => typeof each === 'string') ? aud : undefined;
}
