// Decides slowly and plainly, straight from the words of the contract; shares no code with the gateway.
import type { Principal } from '../../../gateway/exchange.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';

export interface Call {
  readonly who: Principal;
  readonly kind: 'tools' | 'prompts' | 'resources';
  readonly name: string;
  /** Undefined: not known. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
}

function fits(pattern: string, text: string, isUri: boolean): boolean {
  if (!pattern.startsWith('*')) {
    return pattern === '' ? text === '' : pattern[0] === text[0] && fits(pattern.slice(1), text.slice(1), isUri);
  }
  const rest = pattern.replace(/^\*+/, '');
  const stops = isUri && !pattern.startsWith('**') ? '/?' : '';
  for (let taken = 0; ; taken++) {
    if (fits(rest, text.slice(taken), isUri)) return true;
    if (taken === text.length || stops.includes(text[taken] as string)) return false;
  }
}

const one = (list: readonly string[], held: readonly unknown[]): boolean =>
  list.length === 0 || list.some((value) => held.includes(value));

function means(rule: AccessRule, who: Principal): boolean {
  if (rule.to === undefined) return rule.effect === 'deny';
  const { everyone, scopes, groups, subjects, clients, issuers, claims } = rule.to;
  const some = [scopes, groups, subjects, clients, issuers].some((list) => list.length > 0) || claims.size > 0;
  const claimed = [...claims].every(([name, values]) => values.some((v) => [who.claims[name]].flat().includes(v)));
  const named = one(subjects, [who.subject]) && one(clients, [who.client]) && one(issuers, [who.issuer]);
  return (everyone || some) && claimed && named && one(groups, [...who.groups]);
}

/**
 * @param holds what a condition is for this call; undefined: it asks for arguments that are not known
 * @returns `allowed RULE`, `denied RULE`, `scopes RULE SCOPES` or `no_rule`
 */
export function decideNaively(
  rules: readonly AccessRule[],
  { who, kind, name }: Call,
  holds: (when: string) => boolean | 'failed' | undefined,
): string {
  const isUri = kind === 'resources';
  if (isUri && /\/\.\.?(\/|$)|%2f|%5c|%00|\\|@|#/i.test(name)) return 'no_rule';
  const spellings = isUri
    ? [name, name.toLowerCase(), name.replace(/\?.*/, ''), name.toLowerCase().replace(/\?.*/, '')]
    : [name, name.normalize('NFKC').replaceAll('\u200b', '').trim()];
  const lacks = (rule: AccessRule): number => (rule.to?.scopes ?? []).filter((scope) => !who.scopes.has(scope)).length;
  const ranked = rules
    .filter((rule) => means(rule, who))
    .filter((r) => r[kind].some((p) => (r.effect === 'deny' ? spellings : [name]).some((s) => fits(p, s, isUri))))
    .filter(({ when, effect }) => {
      const held = when === undefined || holds(when);
      return held === undefined ? effect === 'allow' : held === 'failed' ? effect === 'deny' : held;
    })
    .toSorted((a, b) => lacks(a) - lacks(b) || (a.id < b.id ? -1 : 1));
  const deny = ranked.find((rule) => rule.effect === 'deny' && lacks(rule) === 0);
  if (deny !== undefined) return `denied ${deny.id}`;
  const allow = ranked.find((rule) => rule.effect === 'allow');
  if (allow === undefined) return 'no_rule';
  return lacks(allow) === 0 ? `allowed ${allow.id}` : `scopes ${allow.id} ${allow.to?.scopes.toSorted().join(' ')}`;
}
