// Makes rules, grants, principals and facts from the few fields a test is about.
import type { Principal } from '../../../gateway/exchange.ts';
import type { AccessRule, Grant } from '../../../gateway/policy/access-rule.ts';
import { readArgumentValues } from '../../../gateway/policy/argument-values.ts';
import type { Facts } from '../../../gateway/policy/condition.ts';

export function makeGrant(parts: Partial<Grant>): Grant {
  return {
    everyone: false,
    scopes: [],
    groups: [],
    subjects: [],
    clients: [],
    issuers: [],
    claims: new Map(),
    ...parts,
  };
}

type RuleParts = Partial<Omit<AccessRule, 'to'>> & { readonly to?: Partial<Grant> };

export function makeRule(id: string, effect: 'allow' | 'deny', { to, ...parts }: RuleParts): AccessRule {
  const grant = to === undefined ? undefined : makeGrant(to);
  return { id, effect, tools: [], prompts: [], resources: [], mode: 'enforce', when: undefined, ...parts, to: grant };
}

export interface PrincipalParts {
  readonly kind?: 'token' | 'anonymous';
  readonly issuer?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly scopes?: readonly string[];
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
}

export function makePrincipal({ scopes = [], groups = [], ...parts }: PrincipalParts = {}): Principal {
  return {
    kind: 'token',
    issuer: 'https://issuer.example',
    subject: 'ada',
    client: 'agent',
    claims: {},
    validUntilMs: undefined,
    ...parts,
    scopes: new Set(scopes),
    groups: new Set(groups),
  } as unknown as Principal;
}

export const ANONYMOUS = makePrincipal({ kind: 'anonymous', issuer: '', subject: '', client: '' });

interface FactParts extends Partial<Omit<Facts, 'args'>> {
  /** As JSON; null: not known. */
  readonly args?: string | null;
}

/** The facts of a call whose arguments are `{}`, unless it says otherwise. */
export function makeFacts({ args = '{}', ...parts }: FactParts = {}): Facts {
  const values = args === null ? undefined : readArgumentValues(Buffer.from(args));
  return {
    method: 'tools/call',
    name: undefined,
    endpoint: '/mcp',
    args: values && (() => values),
    params: new Map(),
    principal: makePrincipal(),
    nowMs: Date.UTC(2026, 6, 28, 12),
    ...parts,
  };
}
