// Makes rules, requests and a quota over a store from the few fields a test is about.
import type { Admitted, Permitted, Principal } from '../../../gateway/exchange.ts';
import { METHODS } from '../../../gateway/mcp/methods.ts';
import { MemoryStore } from '../../../gateway/quota/memory-store.ts';
import { type AdmissionOutcome, makeQuota, type Quota } from '../../../gateway/quota/quota.ts';
import type { QuotaRule, TaskSettings } from '../../../gateway/quota/quota-settings.ts';
import type { QuotaStore } from '../../../gateway/quota/quota-store.ts';
import { Refusal } from '../../../gateway/refusal.ts';

/** In these tests a grant is the one scope that a caller needs. */
export type Rule = QuotaRule<string>;

interface RuleParts extends Partial<Omit<Rule, 'id' | 'match' | 'tasks'>> {
  readonly match?: Partial<Rule['match']>;
  readonly tasks?: Partial<TaskSettings>;
}

export function makeRule(id: string, { match, tasks, ...parts }: RuleParts): Rule {
  const limits: TaskSettings = {
    live: undefined,
    start: undefined,
    overLimit: 'refuse',
    longestLifeMs: 86_400_000,
    pollTolerance: 0.2,
    ...tasks,
  };
  return {
    id,
    per: { by: 'principal' },
    to: undefined,
    rate: undefined,
    burst: undefined,
    concurrent: undefined,
    onStoreFailure: 'deny',
    ...parts,
    match: { methods: [], names: [], endpoints: [], ...match },
    tasks: tasks === undefined ? undefined : limits,
  };
}

export function makeCaller(subject: string, parts: Partial<Principal> = {}): Principal {
  return {
    kind: 'token',
    issuer: 'https://issuer.example',
    subject,
    client: 'agent',
    scopes: new Set(),
    groups: new Set(),
    claims: {},
    validUntilMs: undefined,
    ...parts,
  } as unknown as Principal;
}

export const ADA = makeCaller('ada');
export const BOB = makeCaller('bob');

interface RequestParts {
  readonly principal?: Principal;
  readonly method?: string;
  readonly name?: string;
  readonly endpoint?: string;
  readonly address?: string;
  /** The client declares the tasks extension. */
  readonly declares?: boolean;
  /** What an earlier stage takes out of the body; the declaration stands from 10 to 20. */
  readonly edits?: Permitted['edits'];
  /** The task a request is about, as its upstream knows it. */
  readonly task?: { readonly upstream: string; readonly id: string };
}

export function makeRequest(parts: RequestParts = {}): Permitted {
  const { principal = ADA, method = 'tools/call', name, endpoint = '/mcp', address = '192.0.2.1', declares } = parts;
  const extensions = declares === true ? [{ name: 'io.modelcontextprotocol/tasks', start: 10, end: 20 }] : [];
  return {
    principal,
    address,
    endpoint: { path: endpoint },
    envelope: { method: METHODS.get(method), name, idLiteral: '1', extensions },
    edits: parts.edits ?? [],
    task: parts.task,
  } as unknown as Permitted;
}

export interface QuotaUnderTest {
  readonly quota: Quota;
  /** Moves the clock of the store and of the quota. */
  pass(ms: number): void;
  /** What was told of rules, as `rule outcome`. */
  readonly told: string[];
  /** Admits, or says why not. */
  admit(request: Permitted): Promise<Admitted | Refusal>;
}

interface UnderTestParts {
  readonly store?: QuotaStore;
  readonly maxKeys?: number;
  readonly headers?: boolean;
}

export function makeQuotaUnderTest(rules: readonly Rule[], parts: UnderTestParts = {}): QuotaUnderTest {
  let nowUs = 1_000_000;
  const store = parts.store ?? new MemoryStore({ maxKeys: parts.maxKeys ?? 1000 }, { nowUs: () => nowUs, seed: 7 });
  const told: string[] = [];
  const onAdmission = (rule: string, outcome: AdmissionOutcome): void => void told.push(`${rule} ${outcome}`);
  const quota = makeQuota({ headers: parts.headers ?? false, rules }, store, {
    compileGrant: (scope: string) => (principal) => principal.scopes.has(scope),
    onAdmission,
    nowMs: () => nowUs / 1000,
  });
  return {
    quota,
    told,
    pass(ms) {
      nowUs += ms * 1000;
    },
    admit: async (request) => {
      try {
        return await quota.admit(request);
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    },
  };
}

export function isAdmitted(outcome: Admitted | Refusal): outcome is Admitted {
  return !(outcome instanceof Refusal);
}

/** How many of so many requests in a row are admitted. */
export async function countAdmitted(under: QuotaUnderTest, request: Permitted, tries: number): Promise<number> {
  let admitted = 0;
  for (let i = 0; i < tries; i++) if (isAdmitted(await under.admit(request))) admitted++;
  return admitted;
}
