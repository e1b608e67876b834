// Makes rules, grants and principals from the few fields a test is about.
import type { Principal } from '../../../gateway/exchange.ts';
import type { AccessRule, Grant } from '../../../gateway/policy/access-rule.ts';

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
  return { id, effect, tools: [], prompts: [], resources: [], ...parts, to: grant };
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
