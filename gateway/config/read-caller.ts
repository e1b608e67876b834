// Reads who makes a call that is only rehearsed, from a value that is neither in a file nor from a token.
import type { IssuerConfig } from './identity-config.ts';
import { CALLER, type CheckedCaller } from './shape/policy-tests.ts';
import { toProblems } from './to-problems.ts';

/** Who a rehearsed call is made by: what a token would say, or nobody who is known. */
export interface Caller {
  readonly anonymous: boolean;
  readonly scopes: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
  readonly subject: string | undefined;
  readonly client: string | undefined;
  /** The `issuer` of one of the configuration's; undefined: the first one that counts. */
  readonly issuer: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

export function toCaller({ anonymous = false, claims = {}, ...more }: CheckedCaller): Caller {
  const { scopes, groups, subject, client, issuer } = more;
  return { anonymous, scopes, groups, subject, client, issuer, claims };
}

/**
 * @param value an object in the form of `as` in a file of policy tests, or the payload of a token, told by its `iss`
 * @returns the caller, or faults in words for its author
 */
export function readCaller(value: unknown): { readonly caller: Caller } | { readonly faults: readonly string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { faults: ['expected an object'] };
  if (Object.hasOwn(value, 'iss')) return readPayload(value as Readonly<Record<string, unknown>>);
  const fitted = CALLER.safeParse(value);
  if (fitted.success) return { caller: toCaller(fitted.data) };
  const problems = toProblems(fitted.error.issues, () => true);
  return {
    faults: problems.map(({ path, say }) => [...path.map(String), say('something else')].join(': ')),
  };
}

function readPayload(claims: Readonly<Record<string, unknown>>): ReturnType<typeof readCaller> {
  const { iss, sub } = claims;
  if (typeof iss !== 'string') return { faults: ['iss: expected a text'] };
  if (typeof sub !== 'string') return { faults: ['sub: expected a text'] };
  const unsaid = { anonymous: false, scopes: undefined, groups: undefined, client: undefined };
  return { caller: { ...unsaid, subject: sub, issuer: iss, claims } };
}

/** Issuers whose tokens count at an endpoint. */
export function findCounting(
  all: readonly IssuerConfig[],
  { issuers }: { readonly issuers: readonly string[] | undefined },
): readonly IssuerConfig[] {
  return issuers === undefined ? all : all.filter(({ issuer }) => issuers.includes(issuer));
}
