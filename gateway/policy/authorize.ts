// Looks up whether the caller may do this: every method, by what its body says it touches.
import type { Enveloped, Permit, Permitted, Principal } from '../exchange.ts';
import type { Envelope } from '../mcp/envelope.ts';
import { readTarget } from '../mcp/read-target.ts';
import { refuse } from '../refusal.ts';
import type { AccessRule, Grant } from './access-rule.ts';
import { type CompiledGrant, compileGrant, fitsPrincipal } from './compile-grant.ts';
import { compileRules } from './compile-rules.ts';
import type { NotAllowed } from './decide.ts';
import { decideTarget } from './decide-target.ts';

/** What authorization knows of one endpoint. */
export interface EndpointAccess {
  /** Undefined: an open gate, configured only together with anonymous callers. */
  readonly rules: readonly AccessRule[] | undefined;
  /** What an answer to a name that no rule allows looks like; missing scopes are challenged either way. */
  readonly onDeny: 'challenge' | 'hide';
  /** Whose each extension is, by its id; one that is not here does not exist. */
  readonly extensions: ReadonlyMap<string, Grant>;
  /** The `WWW-Authenticate` header that asks for these scopes (RFC 6750 section 3.1, `insufficient_scope`). */
  challenge(scopes: readonly string[]): Readonly<Record<string, string>>;
  /** The same for a caller without a token, who has proven nothing yet and so has made no error (RFC 6750 section 3). */
  challengeAbsent(scopes: readonly string[]): Readonly<Record<string, string>>;
}

export interface AuthorizeSettings {
  /** By path. */
  readonly endpoints: ReadonlyMap<string, EndpointAccess>;
  /** Told of every decision: the rule's id or `none`, and `allowed`, `denied`, `no_rule` or `scopes`. */
  readonly onDecision?: (rule: string, decision: string) => void;
}

const OPEN_GATE = { rule: 'open-gate' } as Permit;

/**
 * Makes the stage that authorizes.
 *
 * @throws Refusal unknown_method for an extension that the caller was not granted; bad_params when what the request touches
 *   cannot be read; scope_missing, or token_absent where a token could bring the scope; denied, or unknown_name where the endpoint hides what it denies
 */
export function makeAuthorize(settings: AuthorizeSettings): (request: Enveloped) => Permitted {
  const gates = new Map([...settings.endpoints].map(([path, access]) => [path, compileAccess(access)]));
  const { onDecision } = settings;
  return (request) => {
    const { endpoint, envelope, principal, body } = request;
    const gate = gates.get(endpoint.path) ?? refuse('denied', { reason: 'no_access' });
    requireExtension(gate.extensions, envelope, principal);
    if (gate.rules === undefined) {
      onDecision?.(OPEN_GATE.rule, 'allowed');
      return { ...request, permit: OPEN_GATE };
    }
    const target = readTarget(envelope, body);
    const decision = decideTarget(gate.rules, principal, target);
    onDecision?.(decision.rule ?? 'none', decision.allowed ? 'allowed' : decision.why);
    if (decision.allowed) return { ...request, permit: { rule: decision.rule } as Permit };
    return refuseDecided(gate.access, principal, decision, target.touches === 'lists');
  };
}

function compileAccess(access: EndpointAccess) {
  const extensions = [...access.extensions].map(([id, grant]) => [id, compileGrant(grant)] as const);
  const rules = access.rules === undefined ? undefined : compileRules(access.rules);
  return { access, rules, extensions: new Map(extensions) };
}

function requireExtension(
  grants: ReadonlyMap<string, CompiledGrant | undefined>,
  { method }: Envelope,
  principal: Principal,
): void {
  if (method.extension === undefined) return;
  const grant = grants.get(method.extension);
  if (grant === undefined || !fitsPrincipal(grant, principal)) refuse('unknown_method', { reason: 'extension' });
}

/** A list has no name that could be unknown, so it is never hidden. */
function refuseDecided(access: EndpointAccess, principal: Principal, decision: NotAllowed, isList: boolean): never {
  if (decision.scopes !== undefined) {
    if (principal.kind === 'anonymous') {
      refuse('token_absent', { reason: 'scopes', headers: access.challengeAbsent(decision.scopes) });
    }
    refuse('scope_missing', { reason: 'scopes', headers: access.challenge(decision.scopes) });
  }
  const hides = access.onDeny === 'hide' && !isList;
  return refuse(hides ? 'unknown_name' : 'denied', { reason: decision.fault ?? decision.why });
}
