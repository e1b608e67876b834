// Compiles access rules into look-ups by kind and name, so that deciding costs the same with one rule or ten thousand.
import { compileNamePattern } from '../mcp/name-pattern.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import { compileUriPattern } from '../mcp/uri-pattern.ts';
import type { AccessRule, Grant } from './access-rule.ts';
import type { Clause } from './clause.ts';
import { type CompiledGrant, compileGrant, toGrantKey } from './compile-grant.ts';
import { toPlainName, toPlainUri } from './denied-forms.ts';
import { GrantIndex } from './grant-index.ts';
import { NameTable } from './name-table.ts';

type ByKind<T> = Readonly<Record<NamedKind, T>>;

export interface CompiledRules {
  readonly allows: ByKind<NameTable>;
  readonly denies: ByKind<NameTable>;
  /** Who is allowed anything at all, and who some tool. */
  readonly anyAllow: GrantIndex;
  readonly toolAllow: GrantIndex;
  /** Who is denied every name of a kind. */
  readonly wholeDenies: ByKind<GrantIndex>;
}

const KINDS = {
  tool: { patternsOf: (rule: AccessRule) => rule.tools, whole: '*', toPlain: toPlainName },
  prompt: { patternsOf: (rule: AccessRule) => rule.prompts, whole: '*', toPlain: toPlainName },
  resource: { patternsOf: (rule: AccessRule) => rule.resources, whole: '**', toPlain: toPlainUri },
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

/** Compiles the rules of one endpoint. Their order does not count; a rule that means nobody is left out. */
export function compileRules(rules: readonly AccessRule[]): CompiledRules {
  const compiled: CompiledRules = {
    allows: makeTables(),
    denies: makeTables(),
    anyAllow: new GrantIndex(),
    toolAllow: new GrantIndex(),
    wholeDenies: { tool: new GrantIndex(), prompt: new GrantIndex(), resource: new GrantIndex() },
  };
  const grants = new Map<string, CompiledGrant | undefined>();
  const ranked = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const [rank, rule] of ranked.entries()) {
    const to = rule.to ?? (rule.effect === 'deny' ? EVERYONE : undefined);
    const grant = to === undefined ? undefined : internGrant(grants, to);
    if (grant !== undefined) addRule(compiled, rule, { rule: rule.id, rank, grant });
  }
  return compiled;
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
        if (kind === 'tool') compiled.toolAllow.add(clause);
      } else {
        compiled.denies[kind].add(pattern, clause);
        compiled.denies[kind].add(toPlain(pattern), clause);
        if (pattern === whole) compiled.wholeDenies[kind].add(clause);
      }
    }
  }
}
