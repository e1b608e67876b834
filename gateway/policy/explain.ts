// Explains a decision: for each rule what it lacked, in plain words.
import type { Principal } from '../exchange.ts';
import { findTemplateFault, findUriFault } from '../mcp/uri-fault.ts';
import type { AccessRule, Grant } from './access-rule.ts';
import { compileClaimTexts } from './claim-texts.ts';
import { compileGrant } from './compile-grant.ts';
import { compileRules, KINDS, toWhom } from './compile-rules.ts';
import { type Condition, compileCondition, type Facts } from './condition.ts';
import { type Decision, decide, type Kind, MAX_NAME_LENGTH } from './decide.ts';
import { toDeniedForms } from './denied-forms.ts';

export interface Explanation {
  readonly decision: Decision;
  /** In the order of the files. */
  readonly rules: readonly ExplainedRule[];
}

export interface ExplainedRule {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly mode: 'enforce' | 'shadow';
  /** Why the rule does not fit; empty when it does. */
  readonly lacks: readonly string[];
}

/** The decision of the rules in force, and of all rules what each one lacked. Slow: it compares rule by rule. */
export function explainDecision(
  rules: readonly AccessRule[],
  principal: Principal,
  kind: Kind,
  name: string,
  facts: Facts,
): Explanation {
  const inForce = compileRules(rules.filter(({ mode }) => mode === 'enforce'));
  const named = { ...facts, name, principal };
  return {
    decision: decide(inForce, principal, kind, name, named),
    rules: rules.map((rule) => {
      const { id, effect, mode, when } = rule;
      const lacks = [
        ...findName(rule, kind, name),
        ...findCaller(rule, principal),
        ...findCondition(when, effect, named),
      ];
      return { id, effect, mode, lacks };
    }),
  };
}

function findName(rule: AccessRule, kind: Kind, name: string): readonly string[] {
  if (name.length > MAX_NAME_LENGTH) return [`${kind} not compared: longer than ${MAX_NAME_LENGTH} characters`];
  const fault = kind === 'resource' ? findUriFault(name) : kind === 'template' ? findTemplateFault(name) : undefined;
  if (fault !== undefined) return [`${kind} not compared: ${fault}`];
  const subject = kind === 'template' ? 'resource' : kind;
  const { patternsOf, compile, toPlain } = KINDS[subject];
  const own = patternsOf(rule);
  const [globs, forms] =
    rule.effect === 'allow'
      ? [own, [name]]
      : [
          [...own, ...own.map(toPlain)],
          [name, ...toDeniedForms(subject, name)],
        ];
  return globs.some((glob) => forms.some(compile(glob))) ? [] : [`${kind} not covered`];
}

const ANY_OF = [
  ['groups', (principal: Principal) => [...principal.groups]],
  ['subjects', (principal: Principal) => [principal.subject]],
  ['clients', (principal: Principal) => [principal.client]],
  ['issuers', (principal: Principal) => [principal.issuer]],
] as const;

function findCaller(rule: AccessRule, principal: Principal): readonly string[] {
  const to = toWhom(rule);
  if (to === undefined || compileGrant(to) === undefined) return ['to: names nobody'];
  const lacks = ANY_OF.filter(([list, read]) => !holdsAny(to[list], read(principal)));
  const claims = [...to.claims].filter(([path, values]) => {
    const texts = compileClaimTexts(path)(principal.claims);
    return !values.some((value) => texts.includes(value));
  });
  return [
    ...findScopes(to, principal),
    ...lacks.map(([list]) => `${list}: none of ${to[list].join(', ')}`),
    ...claims.map(([path, values]) => `claim ${path}: none of ${values.join(', ')}`),
  ];
}

/** What a principal does not have is an empty text, and never a name. */
function holdsAny(named: readonly string[], held: readonly string[]): boolean {
  return named.length === 0 || held.some((value) => value !== '' && named.includes(value));
}

function findScopes({ scopes }: Grant, principal: Principal): readonly string[] {
  const missing = scopes.filter((scope) => !principal.scopes.has(scope));
  return missing.length === 0 ? [] : [`scopes missing: ${missing.join(' ')}`];
}

function findCondition(when: string | undefined, effect: 'allow' | 'deny', facts: Facts): readonly string[] {
  if (when === undefined) return [];
  const compiled = compileCondition(when);
  return compiled.ok ? judge(compiled.condition, effect, facts) : [`when: ${compiled.message}`];
}

function judge(condition: Condition, effect: 'allow' | 'deny', facts: Facts): readonly string[] {
  if (!condition.isDecidable(facts)) return effect === 'allow' ? [] : ['when: asks for what is not known yet'];
  const holds = condition.judge(facts);
  if (holds === false) return ['when: is false'];
  // A deny whose condition fails fits.
  return holds === true || effect === 'deny' ? [] : [`when: failed, ${holds.reason}`];
}
