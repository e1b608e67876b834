// `node bench/decide.ts`: what a decision costs with 1, 100 and 10,000 rules, and what a condition adds to it.
import { parseArgs } from 'node:util';
import type { Principal } from '../gateway/exchange.ts';
import type { AccessRule } from '../gateway/policy/access-rule.ts';
import { type ArgumentValues, readArgumentValues } from '../gateway/policy/argument-values.ts';
import { type CompiledRules, compileRules } from '../gateway/policy/compile-rules.ts';
import type { Facts } from '../gateway/policy/condition.ts';
import { decide } from '../gateway/policy/decide.ts';

const { values } = parseArgs({ options: { 'assert-percent': { type: 'string', default: 'Infinity' } } });

/** Many short rounds: most of them are not interrupted by other processes. */
const ROUNDS = 401;
const WARM_ROUNDS = 40;
const CALLS = 500;

const NOBODY = { everyone: false, scopes: [], groups: [], subjects: [], clients: [], issuers: [], claims: new Map() };
const PRINCIPAL = {
  kind: 'token',
  issuer: 'https://issuer.example',
  subject: 'ada',
  client: 'agent',
  scopes: new Set(['read']),
  groups: new Set(['team-0', 'staff']),
  claims: { tenant: 'acme' },
} as unknown as Principal;

const ARGUMENTS = Buffer.from('{"tenant":"acme","city":"Oslo","days":3,"tags":["a","b","a","b","a","b","a","b"]}');

/** Each call has arguments of its own, which are read only when a condition asks for them. */
function makeFacts(): Facts {
  let read: ArgumentValues | undefined;
  return {
    method: 'tools/call',
    name: undefined,
    endpoint: '/mcp',
    args: () => (read ??= readArgumentValues(ARGUMENTS)),
    params: undefined,
    principal: PRINCIPAL,
    nowMs: 0,
  };
}

function makeRule(at: number, when?: string): AccessRule {
  return {
    id: `rule-${String(at).padStart(5, '0')}`,
    effect: 'allow',
    tools: [`get_${at}`, `list_${at}_*`],
    prompts: [],
    resources: [`weather://region-${at}/now`, `weather://region-${at}/stations/*`],
    to: { ...NOBODY, scopes: ['read'], groups: [`team-${at}`] },
    mode: 'enforce',
    when,
  };
}

const DENY: AccessRule = {
  ...makeRule(0),
  id: 'never',
  effect: 'deny',
  tools: ['delete_*'],
  resources: ['weather://secret/**'],
  to: undefined,
};

function makeRules(count: number, when?: string): CompiledRules {
  return compileRules([DENY, ...Array.from({ length: count }, (_, at) => makeRule(at, when))]);
}

interface Subject {
  readonly label: string;
  readonly run: () => boolean;
  readonly rounds: number[];
}

function makeSubject(
  label: string,
  rules: CompiledRules,
  kind: 'tool' | 'resource',
  name: string,
  allowed = true,
): Subject {
  const run = (): boolean => decide(rules, PRINCIPAL, kind, name, makeFacts()).allowed === allowed;
  return { label, run, rounds: [] };
}

/** @returns nanoseconds for one call, as the wall shows them */
function measureNs({ label, run }: Subject): number {
  let right = 0;
  const start = process.hrtime.bigint();
  for (let at = 0; at < CALLS; at++) if (run()) right++;
  const ns = Number(process.hrtime.bigint() - start) / CALLS;
  if (right !== CALLS) throw new Error(`${label}: another decision was expected`);
  return ns;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;

/** In turns, so that whatever else the machine does falls on all of them. */
function measure(subjects: readonly Subject[]): readonly number[] {
  for (let round = 0; round < WARM_ROUNDS; round++) for (const subject of subjects) measureNs(subject);
  for (let turn = 0; turn < ROUNDS * subjects.length; turn++) {
    // Each one comes behind each other one equally often.
    const subject = subjects[(turn + Math.floor(turn / subjects.length)) % subjects.length] as Subject;
    subject.rounds.push(measureNs(subject));
  }
  return subjects.map(({ rounds }) => median(rounds));
}

/** How far apart the slowest and the fastest are, in percent. */
const findSpread = (found: readonly number[]): number => (Math.max(...found) / Math.min(...found) - 1) * 100;

const COUNTS = [1, 100, 10_000] as const;
const COMPILED = COUNTS.map((count) => [count, makeRules(count)] as const);
const CALLED = [
  ['tool', 'get_0', true],
  ['tool', 'list_0_cities', true],
  ['tool', 'unknown', false],
  ['tool', 'delete_city', false],
  ['resource', 'weather://region-0/now', true],
  ['resource', 'weather://region-0/stations/oslo', true],
] as const;

const highest = Number(values['assert-percent']);
console.log(`ns a decision, median of ${ROUNDS} rounds in turns, with ${COUNTS.join(', ')} rules`);
function report(found: readonly number[], is: string): void {
  const columns = found.map((ns) => ns.toFixed(0).padStart(6)).join('');
  console.log(`${columns}  ${findSpread(found).toFixed(1).padStart(5)} % apart  ${is}`);
}

for (const kind of ['tool', 'resource'] as const) {
  const totals = COUNTS.map(() => 0);
  for (const [, name, allowed] of CALLED.filter(([called]) => called === kind)) {
    const found = measure(
      COMPILED.map(([count, rules]) => makeSubject(`${name} ${count}`, rules, kind, name, allowed)),
    );
    for (const [at, ns] of found.entries()) totals[at] = (totals[at] ?? 0) + ns;
    report(found, `${allowed ? 'allowed' : 'not allowed'}: ${kind} ${name}`);
  }
  report(totals, `all of these ${kind}s`);
  if (findSpread(totals) > highest) process.exitCode = 1;
}

const CONDITIONS = [
  ['holds: the caller', 'principal.claims.tenant == "acme"', true],
  ['holds: an argument and the caller', 'args.tenant == principal.claims.tenant', true],
  ['does not hold', 'args.tenant == "beta"', false],
  ['fails: a member is missing', 'args.owner == "ada"', false],
  ['holds: a number', 'args.days > 0 && args.days <= 7', true],
  ['holds: a loop over 8 items', 'args.tags.all(t, t in ["a", "b"])', true],
  ['holds: a loop in a loop, 64 turns', 'args.tags.all(t, args.tags.exists(u, t != u))', true],
  ['holds: the hour of a time zone', 'now.getHours("Europe/Oslo") < 24', true],
] as const;

console.log('ns that a condition adds to a decision, the reading of arguments included');
const subjects = CONDITIONS.map(([is, when, allowed]) => makeSubject(is, makeRules(1, when), 'tool', 'get_0', allowed));
const [plain = 0, ...withCondition] = measure([makeSubject('without', makeRules(1), 'tool', 'get_0'), ...subjects]);
for (const [at, ns] of withCondition.entries()) {
  const [is, when] = CONDITIONS[at] as (typeof CONDITIONS)[number];
  console.log(`${(ns - plain).toFixed(0).padStart(6)}  ${is}: ${when}`);
}
