// Says what a rehearsed call touches, in the terms of `explainDecision`.
import type { Principal } from '../exchange.ts';
import { readArgumentValues } from '../policy/argument-values.ts';
import type { Facts } from '../policy/condition.ts';
import type { Kind } from '../policy/decide.ts';
import type { RehearsedCall } from './rehearsal-request.ts';

export interface Subject {
  readonly kind: Kind;
  readonly name: string;
  /** As the stage that authorizes has them. */
  readonly facts: Facts;
}

/** @returns undefined where the call touches lists, which have no name */
export function toSubject(
  { call }: { readonly call: RehearsedCall },
  endpoint: string,
  principal: Principal,
): Subject | undefined {
  const { method, name, args, params, nowMs } = call;
  const kind = name === undefined ? undefined : toKind(method, name);
  if (kind === undefined || name === undefined) return undefined;
  const base = { name, endpoint, principal, nowMs };
  // A task was judged with its arguments when it began; a subscription has none.
  if (kind === 'tool' && method !== 'tools/call') {
    return { kind, name, facts: { ...base, method: 'tools/call', args: undefined, params } };
  }
  if (method === 'subscriptions/listen') {
    return { kind, name, facts: { ...base, method: 'resources/read', args: undefined, params: undefined } };
  }
  const values = readArgumentValues(Buffer.from(args));
  return { kind, name, facts: { ...base, method, args: () => values, params } };
}

function toKind(method: string, name: string): Kind | undefined {
  if (method === 'tools/call' || method.startsWith('tasks/')) return 'tool';
  if (method === 'prompts/get') return 'prompt';
  if (method === 'resources/read' || method === 'subscriptions/listen') return 'resource';
  if (method !== 'completion/complete') return undefined;
  return name.includes('://') ? 'template' : 'prompt';
}
