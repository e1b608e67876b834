// Judges one made-up call as the gateway would judge a real one: the same reading, the same rules, nothing sent.
import { composePolicy } from '../compose-policy.ts';
import type { EndpointConfig } from '../config/endpoint-config.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { type Caller, findCounting } from '../config/read-caller.ts';
import type { Permitted, Principal } from '../exchange.ts';
import type { AccessView } from '../policy/access-view.ts';
import type { ShadowDifference } from '../policy/shadow.ts';
import { type DecisionNote, Refusal } from '../refusal.ts';
import { makeCaller } from './rehearsal-caller.ts';
import { type RehearsedCall, toRequest } from './rehearsal-request.ts';

export type Verdict = (
  | { readonly outcome: 'allow'; readonly rule: string; readonly request: Permitted; readonly view: AccessView }
  | {
      readonly outcome: 'deny' | 'challenge' | 'hide';
      /** The rule's id, or `none`. */
      readonly rule: string;
      /** Scopes that the answer asks for. */
      readonly scopes: readonly string[];
      readonly refusal: Refusal;
    }
  /** Turned away before any rule was asked. */
  | { readonly outcome: 'refuse'; readonly refusal: Refusal }
) & {
  /** What rules in shadow mode would have changed. */
  readonly shadow: ShadowDifference | undefined;
  /** Undefined for a caller who would not be let in. */
  readonly principal: Principal | undefined;
};

export type Rehearse = (endpoint: EndpointConfig, caller: Caller, call: RehearsedCall) => Promise<Verdict>;

const OUTCOMES: ReadonlyMap<Refusal['kind'], 'deny' | 'challenge' | 'hide'> = new Map([
  ['denied', 'deny'],
  ['scope_missing', 'challenge'],
  ['token_absent', 'challenge'],
  ['unknown_name', 'hide'],
]);

/** Compiles a configuration once for many rehearsals, which must come one after the other. */
export function makeRehearsal(config: GatewayConfig): Rehearse {
  let nowMs = 0;
  let shadow: ShadowDifference | undefined;
  const policy = composePolicy(config, {
    nowMs: () => nowMs,
    openTask: ({ envelope }) => ({ upstream: '', instance: undefined, tool: envelope.name ?? '', id: '' }),
    knows: () => true,
    onShadow: (_, difference) => (shadow = difference),
  });

  /** What `authenticate` would say, had the caller sent what it has. */
  function admit(endpoint: EndpointConfig, caller: Caller): Principal {
    if (caller.anonymous && !config.identity.anonymous) {
      throw new Refusal('token_absent', { reason: 'absent', headers: policy.challengesOf(endpoint.path).absent() });
    }
    const principal = makeCaller(caller, findCounting(config.identity.issuers, endpoint));
    if (principal === undefined) throw new Refusal('token_invalid', { reason: 'issuer or claims' });
    return principal;
  }

  /** A stream that tells nothing of a resource names no rule; a reader would be told which one it is. */
  async function findReadDecision(endpoint: EndpointConfig, principal: Principal, call: RehearsedCall) {
    try {
      const read = await policy.authorization.authorize(
        toRequest(endpoint, principal, { ...call, method: 'resources/read' }),
      );
      return { outcome: 'no_rule', rule: 'none', policy: read.permit.policy } as const;
    } catch (error) {
      if (error instanceof Refusal && error.detail.decision !== undefined) return error.detail.decision;
      throw error;
    }
  }

  async function judge(endpoint: EndpointConfig, principal: Principal, call: RehearsedCall): Promise<Verdict> {
    const request = await policy.authorization.authorize(toRequest(endpoint, principal, call));
    const view = policy.authorization.viewOf(request);
    if (call.method === 'subscriptions/listen' && call.name !== undefined && !view.shows('resource', call.name)) {
      throw new Refusal('denied', { reason: 'cut', decision: await findReadDecision(endpoint, principal, call) });
    }
    return { outcome: 'allow', rule: request.permit.rule, request, view, shadow, principal };
  }

  return async (endpoint, caller, call) => {
    nowMs = call.nowMs;
    shadow = undefined;
    let principal: Principal | undefined;
    try {
      principal = admit(endpoint, caller);
      return await judge(endpoint, principal, call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...toVerdict(error), shadow, principal };
    }
  };
}

function toVerdict(refusal: Refusal) {
  const outcome = OUTCOMES.get(refusal.kind);
  if (outcome === undefined) return { outcome: 'refuse', refusal } as const;
  const decision: DecisionNote | undefined = refusal.detail.decision;
  return { outcome, rule: decision?.rule ?? 'none', scopes: readScopes(refusal), refusal } as const;
}

/** From the very header that the client would get. */
function readScopes({ detail }: Refusal): readonly string[] {
  const [, scopes] = /[ ,]scope="([^"]*)"/.exec(detail.headers?.['www-authenticate'] ?? '') ?? [];
  return scopes === undefined ? [] : scopes.split(' ');
}
