// Finds rules that can never matter and rules that no caller can meet; what is not certain is not reported.
import type { AccessRule, Grant } from './access-rule.ts';
import { compileGrant } from './compile-grant.ts';
import { KINDS, toWhom } from './compile-rules.ts';
import { compileCondition } from './condition.ts';
import { coversGlob, coversGrant } from './covers.ts';

export interface DeadRule {
  readonly id: string;
  /** For the author of the rule. */
  readonly why: string;
}

const NAMED = ['tool', 'prompt', 'resource'] as const;

/**
 * @param rules those of one endpoint, in the order of its files
 * @param issuers whose tokens count there
 */
export function findDeadRules(
  rules: readonly AccessRule[],
  { issuers }: { readonly issuers: readonly string[] },
): readonly DeadRule[] {
  return rules.flatMap((rule, at) => {
    const whole = findUnmet(rule, issuers) ?? findDenied(rule, rules) ?? findRepeated(rule, at, rules);
    return (whole === undefined ? findIdleGlobs(rule) : [whole]).map((why) => ({ id: rule.id, why }));
  });
}

function findUnmet(rule: AccessRule, issuers: readonly string[]): string | undefined {
  if (NAMED.every((kind) => KINDS[kind].patternsOf(rule).length === 0))
    return 'it covers no tools, prompts or resources';
  const to = toWhom(rule);
  if (to === undefined || compileGrant(to) === undefined) return '`to` names nobody';
  return findUnmetGrant(to, issuers) ?? findUnmetCondition(rule.when);
}

function findUnmetGrant(to: Grant, issuers: readonly string[]): string | undefined {
  for (const list of ['groups', 'subjects', 'clients', 'issuers'] as const) {
    if (to[list].length > 0 && to[list].every((value) => value === '')) return `\`${list}\` names only an empty text`;
  }
  for (const [path, values] of to.claims) if (values.length === 0) return `no value of the claim ${path} is enough`;
  if (to.issuers.length === 0 || to.issuers.some((issuer) => issuers.includes(issuer))) return undefined;
  return `none of its issuers is configured here: ${to.issuers.join(', ')}`;
}

function findUnmetCondition(when: string | undefined): string | undefined {
  const compiled = when === undefined ? undefined : compileCondition(when);
  if (compiled === undefined || !compiled.ok) return undefined;
  return compiled.condition.constant === false ? '`when` is never true' : undefined;
}

/** A deny that asks for scopes does not count: who lacks them is challenged for those of the allow. */
function findDenied(rule: AccessRule, rules: readonly AccessRule[]): string | undefined {
  if (rule.effect === 'deny') return undefined;
  const denies = rules.filter(
    (deny) => deny.effect === 'deny' && deny.mode === 'enforce' && deny.when === undefined && meansAllOf(deny, rule),
  );
  const by = NAMED.flatMap((kind) =>
    KINDS[kind].patternsOf(rule).map((glob) => denies.find((deny) => coversOne(deny, kind, glob))?.id),
  );
  return by.includes(undefined) ? undefined : `all that it allows is denied by ${[...new Set(by)].join(', ')}`;
}

function meansAllOf(wide: AccessRule, narrow: AccessRule): boolean {
  const [to, whom] = [toWhom(wide), toWhom(narrow)];
  if (to === undefined || whom === undefined || compileGrant(to) === undefined) return false;
  return (wide.effect === narrow.effect || to.scopes.length === 0) && coversGrant(to, whom);
}

function coversOne(rule: AccessRule, kind: (typeof NAMED)[number], glob: string): boolean {
  return KINDS[kind].patternsOf(rule).some((wide) => coversGlob(kind, wide, glob));
}

/** Of two rules that say the same the later one is reported. */
function findRepeated(rule: AccessRule, at: number, rules: readonly AccessRule[]): string | undefined {
  const wider = rules.find(
    (other, place) => place !== at && repeats(other, rule) && (place < at || !repeats(rule, other)),
  );
  return wider && `${wider.id} says all of it already`;
}

function repeats(wide: AccessRule, narrow: AccessRule): boolean {
  if (wide.effect !== narrow.effect || (wide.mode === 'shadow' && narrow.mode === 'enforce')) return false;
  if (wide.when !== undefined && wide.when !== narrow.when) return false;
  return coversAll(wide, narrow);
}

function coversAll(wide: AccessRule, narrow: AccessRule): boolean {
  if (!meansAllOf(wide, narrow)) return false;
  return NAMED.every((kind) => KINDS[kind].patternsOf(narrow).every((glob) => coversOne(wide, kind, glob)));
}

function findIdleGlobs(rule: AccessRule): readonly string[] {
  return NAMED.flatMap((kind) => {
    const globs = KINDS[kind].patternsOf(rule);
    return globs.flatMap((glob, at) => {
      const wider = globs.find(
        (other, place) =>
          place !== at && coversGlob(kind, other, glob) && (place < at || !coversGlob(kind, glob, other)),
      );
      return wider === undefined ? [] : [`${kind} ${glob} is covered by ${wider}`];
    });
  });
}
