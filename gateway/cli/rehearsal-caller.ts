// Makes the principal of a caller who is made up, for rehearsals; nothing that serves requests comes by here.
import type { Caller } from '../config/read-caller.ts';
import type { Principal } from '../exchange.ts';
import type { IssuerSettings } from '../identity/identity-settings.ts';
import { ANONYMOUS, compilePrincipal } from '../identity/make-principal.ts';

/** Every token has a subject. */
const SOMEONE = 'someone';

/**
 * Writes the payload that a token of this caller would have and reads it as the gateway reads one, scopes that are implied
 * included.
 *
 * @param issuers those whose tokens count, as their settings are; of a caller who names none it is the first
 * @returns undefined where no issuer fits, or scopes, groups or client are no texts
 */
export function makeCaller(caller: Caller, issuers: readonly IssuerSettings[]): Principal | undefined {
  if (caller.anonymous) return ANONYMOUS;
  const settings = issuers.find(({ issuer }) => caller.issuer === undefined || caller.issuer === issuer);
  if (settings === undefined) return undefined;
  const { subject: sub = SOMEONE, scopes, groups, client } = caller;
  const payload: Payload = Object.assign(emptyPayload(), structuredClone(caller.claims), { iss: settings.issuer, sub });
  if (scopes !== undefined) put(payload, settings.claims.scopes, scopes.join(' '));
  if (groups !== undefined) put(payload, settings.claims.groups, [...groups]);
  if (client !== undefined) put(payload, settings.claims.client, client);
  return compilePrincipal(settings)({ ...payload, sub }, Number.POSITIVE_INFINITY);
}

type Payload = Record<string, unknown>;

const emptyPayload = (): Payload => Object.create(null) as Payload;

/** Where `compileClaimPath` will find it: under the very name when there is one, else down the dotted path. */
function put(payload: Payload, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop() as string;
  let at = payload;
  if (!Object.hasOwn(payload, path)) {
    for (const step of steps) {
      const next = Object.hasOwn(at, step) ? at[step] : (at[step] = emptyPayload());
      if (typeof next !== 'object' || next === null || Array.isArray(next)) {
        payload[path] = value;
        return;
      }
      at = next as Payload;
    }
    at[last] = value;
    return;
  }
  payload[path] = value;
}
