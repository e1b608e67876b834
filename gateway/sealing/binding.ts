// What a seal is bound to, as one text that no two different callers or requests share.
import type { Enveloped, Principal } from '../exchange.ts';
import { findMember } from '../mcp/json-walk.ts';
import { digestJson } from './arguments-digest.ts';

/** Who calls, and where. */
export type Caller = Pick<Enveloped, 'principal' | 'endpoint'>;

/** A request as far as its state is bound to it. */
export type Asking = Pick<Enveloped, 'principal' | 'endpoint' | 'envelope' | 'body'>;

/**
 * State belongs to one caller and one request: method, name and, unless `bindArguments` is off, arguments. JSON keeps the
 * parts apart and spells lone surrogates out, which UTF-8 would make equal.
 */
export function toStateBinding({ principal, endpoint, envelope, body }: Asking, bindArguments: boolean): string {
  const given = bindArguments ? findMember(body, envelope.paramsStart, 'arguments') : undefined;
  const digest = given === undefined ? '' : digestJson(body, given.start);
  return JSON.stringify([...toParts(principal), endpoint.path, envelope.method.name, envelope.name ?? '', digest]);
}

/** A task belongs to one caller of one endpoint. */
export function toTaskBinding({ principal, endpoint }: Caller): string {
  return JSON.stringify([...toParts(principal), endpoint.path]);
}

/** A handle belongs to one user of one endpoint, through whichever client: it lives in conversations, which outlive clients. */
export function toUserBinding({ principal, endpoint }: Caller): string {
  const { kind, issuer, subject } = principal;
  return JSON.stringify(['user', kind, issuer, subject, endpoint.path]);
}

/** A handle shared by all whose token says the same here. Two issuers never mean the same. */
export function toClaimBinding({ principal, endpoint }: Caller, claim: string, value: string): string {
  return JSON.stringify(['claim', principal.issuer, claim, value, endpoint.path]);
}

function toParts({ kind, issuer, subject, client }: Principal): readonly string[] {
  return [kind, issuer, subject, client];
}
