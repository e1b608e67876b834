// Finds the rules that may apply to a request by its endpoint and method; each pair is worked out once.
import type { Principal } from '../exchange.ts';
import { compileNamePattern, matchesAny, type NamePattern } from '../mcp/name-pattern.ts';
import type { CounterKey } from './counter-key.ts';
import { isTaskPart, type Meter, toMeters } from './meter.ts';
import type { QuotaRule, QuotaSubject } from './quota-settings.ts';

export interface CompiledRule {
  readonly id: string;
  readonly per: QuotaSubject;
  /** What every request counts for. */
  readonly plain: readonly Meter[];
  /** What a call that may become a task counts for as well. */
  readonly task: readonly Meter[];
  readonly pollTolerance: number | undefined;
  readonly matchesMethod: (method: string) => boolean;
  readonly matchesEndpoint: (path: string) => boolean;
  /** Empty: every name, also none. */
  readonly names: readonly NamePattern[];
  readonly fits: ((principal: Principal) => boolean) | undefined;
  /** It applies to every request of its endpoints, whoever sends it and whatever it asks for. */
  readonly isBlanket: boolean;
}

/** The rules of one endpoint and method, but for names and callers. */
export interface RuleList {
  /** Its place among all lists. */
  readonly index: number;
  readonly endpoint: string;
  readonly rules: readonly CompiledRule[];
  /** Keys of counters that belong to the endpoint itself, by index of the meter. */
  readonly endpointKeys: (CounterKey | undefined)[];
}

export function compileRules<Grant>(
  rules: readonly QuotaRule<Grant>[],
  compileGrant: (grant: Grant) => (principal: Principal) => boolean,
): readonly CompiledRule[] {
  let count = 0;
  return rules.map((rule) => {
    const meters = toMeters(rule, count);
    count += meters.length;
    const { methods, names, endpoints } = rule.match;
    return {
      id: rule.id,
      per: rule.per,
      plain: meters.filter(({ part }) => !isTaskPart(part)),
      task: meters.filter(({ part }) => isTaskPart(part)),
      pollTolerance: rule.tasks?.pollTolerance,
      matchesMethod: compileGlobs(methods),
      matchesEndpoint: compileGlobs(endpoints),
      names: names.map(compileNamePattern),
      fits: rule.to === undefined ? undefined : compileGrant(rule.to),
      isBlanket: methods.length === 0 && names.length === 0 && rule.to === undefined,
    };
  });
}

function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  const patterns = globs.map(compileNamePattern);
  return (text) => matchesAny(patterns, text);
}

export class RuleIndex {
  readonly #rules: readonly CompiledRule[];
  /** Paths come from the configuration and methods from the protocol's table, so both maps are bounded. */
  readonly #lists = new Map<string, Map<string, RuleList>>();
  #count = 0;

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
  }

  find(endpoint: string, method: string): RuleList {
    return this.#lists.get(endpoint)?.get(method) ?? this.#add(endpoint, method);
  }

  #add(endpoint: string, method: string): RuleList {
    const rules = this.#rules.filter((rule) => rule.matchesEndpoint(endpoint) && rule.matchesMethod(method));
    const list: RuleList = { index: this.#count++, endpoint, rules, endpointKeys: [] };
    let methods = this.#lists.get(endpoint);
    if (methods === undefined) this.#lists.set(endpoint, (methods = new Map()));
    methods.set(method, list);
    return list;
  }
}
