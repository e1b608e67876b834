// Compiles access rules into look-ups by kind and name, so that deciding costs the same with one rule or ten thousand.
import { compileNamePattern } from '../mcp/name-pattern.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import { compileUriPattern } from '../mcp/uri-pattern.ts';
import type { AccessRule, Grant } from './access-rule.ts';
import type { Clause } from './clause.ts';
import { type CompiledGrant, compileGrant, toGrantKey } from './compile-grant.ts';
import { type Condition, compileCondition } from './condition.ts';
import { toPlainName, toPlainUri } from './denied-forms.ts';
import { GrantIndex } from './grant-index.ts';
import { NameTable } from './name-table.ts';

type ByKind<T> = Readonly<Record<NamedKind, T>>;

export interface CompiledRules {
  readonly allows: ByKind<NameTable>;
  readonly denies: ByKind<NameTable>;
  /** Who is allowed anything at all. */
  readonly anyAllow: GrantIndex;
  /** Who is denied every name of a kind. */
  readonly wholeDenies: ByKind<GrantIndex>;
  /** Ids of the rules in shadow mode. */
  readonly shadows: ReadonlySet<string>;
  /** Whether some condition asks for `params`, so that the schemas of tools must be known. */
  readonly asksParams: boolean;
}

/** How the names of each kind are compared. */
export const KINDS = {
  tool: { patternsOf: (rule: AccessRule) => rule.tools, whole: '*', compile: compileNamePattern, toPlain: toPlainName },
  prompt: {
    patternsOf: (rule: AccessRule) => rule.prompts,
    whole: '*',
    compile: compileNamePattern,
    toPlain: toPlainName,
  },
  resource: {
    patternsOf: (rule: AccessRule) => rule.resources,
    whole: '**',
    compile: compileUriPattern,
    toPlain: toPlainUri,
  },
} as const;

const EVERYONE: Grant = {
  everyone: true,
  scopes: [],
  groups: [],
  subjects: [],
  clients: [],
  issuers: [],
  claims: new Map(),
};

/**
 * Compiles the rules of one endpoint, whatever their mode. Their order does not count; a rule that means nobody is left out.
 *
 * @throws Error when a condition does not compile; the configuration has checked that
 */
export function compileRules(rules: readonly AccessRule[]): CompiledRules {
  const conditions = compileConditions(rules);
  const compiled: CompiledRules = {
    allows: makeTables(),
    denies: makeTables(),
    anyAllow: new GrantIndex(),
    wholeDenies: { tool: new GrantIndex(), prompt: new GrantIndex(), resource: new GrantIndex() },
    shadows: new Set(rules.filter(({ mode }) => mode === 'shadow').map(({ id }) => id)),
    asksParams: [...conditions.values()].some(({ usesParams }) => usesParams),
  };
  const grants = new Map<string, CompiledGrant | undefined>();
  const ranked = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const [rank, rule] of ranked.entries()) {
    const to = toWhom(rule);
    const grant = to === undefined ? undefined : internGrant(grants, to);
    const condition = rule.when === undefined ? undefined : conditions.get(rule.when);
    if (grant !== undefined) addRule(compiled, rule, { rule: rule.id, effect: rule.effect, rank, grant, condition });
  }
  return compiled;
}

/** Whom a rule means: only a deny may leave it unsaid. */
export function toWhom({ to, effect }: AccessRule): Grant | undefined {
  return to ?? (effect === 'deny' ? EVERYONE : undefined);
}

function compileConditions(rules: readonly AccessRule[]): ReadonlyMap<string, Condition> {
  const texts = new Set(rules.flatMap(({ when }) => when ?? []));
  return new Map([...texts].map((text) => [text, requireCondition(text)]));
}

function requireCondition(text: string): Condition {
  const compiled = compileCondition(text);
  if (!compiled.ok) throw new Error(`a condition that does not compile: ${compiled.message}`);
  return compiled.condition;
}

function makeTables(): ByKind<NameTable> {
  return {
    tool: new NameTable(compileNamePattern),
    prompt: new NameTable(compileNamePattern),
    resource: new NameTable(compileUriPattern),
  };
}

/** Grants that mean the same become one object, by which clauses are grouped. */
function internGrant(grants: Map<string, CompiledGrant | undefined>, to: Grant): CompiledGrant | undefined {
  const key = toGrantKey(to);
  if (!grants.has(key)) grants.set(key, compileGrant(to));
  return grants.get(key);
}

function addRule(compiled: CompiledRules, rule: AccessRule, clause: Clause): void {
  for (const kind of ['tool', 'prompt', 'resource'] as const) {
    const { patternsOf, whole, toPlain } = KINDS[kind];
    for (const pattern of patternsOf(rule)) {
      if (rule.effect === 'allow') {
        compiled.allows[kind].add(pattern, clause);
        compiled.anyAllow.add(clause);
      } else {
        compiled.denies[kind].add(pattern, clause);
        compiled.denies[kind].add(toPlain(pattern), clause);
        if (pattern === whole) compiled.wholeDenies[kind].add(clause);
      }
    }
  }
}
