// Makes random policies, callers and calls, with conditions whose meaning is also written in JavaScript.
import type { Principal } from '../../../gateway/exchange.ts';
import type { AccessRule } from '../../../gateway/policy/access-rule.ts';
import type { Facts } from '../../../gateway/policy/condition.ts';
import type { Decision } from '../../../gateway/policy/decide.ts';
import { makeFacts, makeGrant, makePrincipal, makeRule } from './make-rules.ts';
import type { Call } from './oracle.ts';

const SCOPES = ['read', 'write', 'admin', 'audit'];
const GROUPS = ['red', 'green', 'blue'];
const SUBJECTS = ['ada', 'bob', 'eve'];
const CLIENTS = ['agent', 'ide'];
export const ISSUERS = ['https://one.example', 'https://two.example'];
const NAME_PATTERNS = [
  'get',
  'list',
  'get_*',
  '*_get',
  'l*st',
  '*',
  'a*b*c',
  '*x*',
  'constructor',
  'drop',
  '**',
  'naïve',
  'get_é*',
];
const NAMES = [
  'get',
  'list',
  'get_it',
  'x_get',
  'lost',
  'abc',
  'aXbYc',
  'axc',
  'constructor',
  '__proto__',
  'drop',
  'naïve',
  'get_élan',
];
const SPELLINGS = ['ｄrop', 'drop\u200b', 'drop ', 'ｇet_it', '', 'nai\u0308ve', 'ｎaïve'];
const URI_PATTERNS = [
  'w://now',
  'w://s/*',
  'w://**',
  'w://*/b',
  'w://s/*/c/**',
  '**',
  'w://s/a*',
  'urn:*',
  'w://**/c/*',
  '*',
];
const URIS = ['w://now', 'w://NOW', 'w://s/a', 'w://s/b', 'w://s/a/c', 'w://s/a/c/d', 'w://q/b', 'urn:x:y', 'v://now'];
const SPOILT_URIS = [
  'w://now?q=1',
  'w://s/a?q=/c/',
  'w://s/../now',
  'w://s/a%2Fc',
  'w://u@s/a',
  'w://s/a#f',
  'w://s/%00',
];

type Args = Readonly<Record<string, unknown>>;
const ARGS: readonly Args[] = [
  {},
  { n: 1 },
  { n: 2, tenant: 'acme' },
  { n: '1', tenant: 'beta' },
  { tenant: 'acme', list: ['a', 'b'] },
  { list: ['b', 3] },
  { list: [] },
  { list: 'a', n: null },
];

interface Meaning {
  readonly asksArguments: boolean;
  /** Throws where the condition fails. */
  readonly holds: (args: Args, call: Call) => boolean;
}

function need(value: unknown, is = value !== undefined): unknown {
  if (!is) throw new Error('fails');
  return value;
}

const list = (args: Args): readonly unknown[] => need(args['list'], Array.isArray(args['list'])) as readonly unknown[];

const MEANINGS = new Map<string, Meaning>([
  ['true', { asksArguments: false, holds: () => true }],
  ['principal.subject == "ada"', { asksArguments: false, holds: (_, { who }) => who.subject === 'ada' }],
  ['name.startsWith("get")', { asksArguments: false, holds: (_, { name }) => name.startsWith('get') }],
  ['"red" in principal.groups', { asksArguments: false, holds: (_, { who }) => who.groups.has('red') }],
  ['args.n == 1', { asksArguments: true, holds: (args) => need(args['n']) === 1 }],
  ['args.n > 1', { asksArguments: true, holds: (args) => Number(need(args['n'], typeof args['n'] === 'number')) > 1 }],
  ['has(args.tenant)', { asksArguments: true, holds: (args) => args['tenant'] !== undefined }],
  [
    'args.tenant != principal.claims.tenant',
    { asksArguments: true, holds: (args, { who }) => need(args['tenant']) !== need(who.claims['tenant']) },
  ],
  ['args.list.exists(x, x == "a")', { asksArguments: true, holds: (args) => list(args).includes('a') }],
  [
    'args.list.all(x, x.size() == 1)',
    {
      asksArguments: true,
      holds: (args) => list(args).every((x) => String(need(x, typeof x === 'string')).length === 1),
    },
  ],
  [
    'args.n == 2 || has(args.list)',
    { asksArguments: true, holds: (args) => args['list'] !== undefined || need(args['n']) === 2 },
  ],
]);

/** What a condition of a scene is for a call, by its meaning in JavaScript. */
export function tellMeaning(when: string, call: Call): boolean | 'failed' | undefined {
  const meaning = MEANINGS.get(when);
  if (meaning === undefined) throw new Error(`no meaning of ${when}`);
  if (meaning.asksArguments && call.args === undefined) return undefined;
  try {
    return meaning.holds(call.args ?? {}, call);
  } catch {
    return 'failed';
  }
}

export const KINDS = { tools: 'tool', prompts: 'prompt', resources: 'resource' } as const;

export function toFacts({ who, name, args }: Call): Facts {
  return makeFacts({ principal: who, name, args: args === undefined ? null : JSON.stringify(args) });
}

/** As the oracle writes decisions. */
export function toText(decision: Decision): string {
  if (decision.allowed) return `allowed ${decision.rule}`;
  if (decision.why === 'no_rule') return 'no_rule';
  return [decision.why, decision.rule, ...(decision.scopes === undefined ? [] : [decision.scopes.join(' ')])].join(' ');
}

/** A small generator of the xorshift kind, so that a failure can be repeated by its seed. */
export function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export interface Scene {
  readonly rules: readonly AccessRule[];
  readonly makeCall: () => Call;
}

export function makeScene(random: (below: number) => number): Scene {
  const one = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const some = (values: readonly string[], chance: number): string[] => values.filter(() => random(100) < chance);
  const maybe = (values: readonly string[]): string[] => (random(4) === 0 ? some(values, 50) : []);
  const makeOne = (id: string): AccessRule => {
    const effect = random(3) === 0 ? 'deny' : 'allow';
    const claims = random(5) === 0 ? new Map([['tenant', some(['acme', 'beta'], 60)]]) : new Map<string, string[]>();
    const to = makeGrant({
      everyone: random(3) === 0,
      scopes: random(2) === 0 ? some(SCOPES, 40) : [],
      groups: maybe(GROUPS),
      subjects: maybe(SUBJECTS),
      clients: maybe(CLIENTS),
      issuers: maybe(ISSUERS),
      claims,
    });
    const parts = {
      tools: some(NAME_PATTERNS, 15),
      prompts: some(NAME_PATTERNS, 10),
      resources: some(URI_PATTERNS, 15),
      mode: random(5) === 0 ? 'shadow' : 'enforce',
      when: random(3) === 0 ? one([...MEANINGS.keys()]) : undefined,
    } as const;
    return makeRule(id, effect, random(6) === 0 ? parts : { ...parts, to });
  };
  const makeCaller = (): Principal =>
    makePrincipal({
      issuer: one(ISSUERS),
      subject: one(SUBJECTS),
      client: one([...CLIENTS, '']),
      scopes: some(SCOPES, 40),
      groups: some(GROUPS, 40),
      claims: one([{}, { tenant: 'acme' }, { tenant: ['beta', 'acme'] }, { tenant: 3 }]),
    });
  return {
    rules: Array.from({ length: random(9) }, (_, at) => makeOne(`r${(at * 7) % 10}`)),
    makeCall() {
      const kind = one(['tools', 'prompts', 'resources'] as const);
      const name = one(kind === 'resources' ? [...URIS, ...SPOILT_URIS] : [...NAMES, ...SPELLINGS]);
      return { who: makeCaller(), kind, name, args: random(5) === 0 ? undefined : one(ARGS) };
    },
  };
}
