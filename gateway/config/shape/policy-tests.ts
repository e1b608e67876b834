// The shape of a file of policy tests: made-up calls, and what must become of each.
import type { z } from 'zod';
import { METHODS } from '../../mcp/methods.ts';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { findIssuer } from './find-url.ts';
import { flag } from './flag.ts';
import { identifier } from './identifier.ts';
import { listOf } from './list-of.ts';
import { scalar } from './scalar.ts';
import { exact, scope } from './scope.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { fileName } from './tls.ts';

/** Names beyond half of this are always denied, which is worth a test. */
const MAX_NAME = 16_384;
const ARGUED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'completion/complete']);
const LISTING = /^[a-z/]+\/list$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;

/** Where a method needs a name, where it may have one, and where it has none. */
function toNaming(method: string): 'needed' | 'possible' | 'none' {
  if (METHODS.get(method)?.mirrors !== undefined || method === 'completion/complete') return 'needed';
  return method === 'subscriptions/listen' ? 'possible' : 'none';
}

const CLAIMS = scalar<Readonly<Record<string, unknown>>>({
  description: 'Claims of the token besides those that stand above; an object as in its payload.',
  read: (raw) => (isMapping(raw) ? { value: raw } : { expected: 'a mapping' }),
  schema: { type: 'object' },
});

export const CALLER = section('Who calls: what a token says, or {} for one that says nothing.', {
  scopes: listOf('Scopes of the token; what they imply is added.', scope('A scope.')).optional(),
  groups: listOf('Groups.', exact('A group.')).optional(),
  subject: exact('`sub` of the token. Absent: someone.').optional(),
  client: exact('The OAuth client.').optional(),
  issuer: text({
    description: 'One of `identity.issuers`. Absent: the first one whose tokens count at the endpoint.',
    expected: 'the `issuer` of one of `identity.issuers`',
    find: findIssuer,
  }).optional(),
  claims: CLAIMS.optional(),
  anonymous: flag('true: a request without a token. Stands alone.').optional(),
}).superRefine((caller, ctx) => {
  if (!isMapping(caller) || caller['anonymous'] !== true || Object.keys(caller).length === 1) return;
  addProblem(ctx, ['anonymous'], 'stands alone: who sends no token has nothing else');
}, ALWAYS);

const PARAMS = scalar<ReadonlyMap<string, string | boolean | bigint>>({
  description: 'Checked values of Mcp-Param headers, by the name behind `Mcp-Param-`: texts, integers, true or false.',
  read(raw) {
    const entries = Object.entries(isMapping(raw) ? raw : { '': raw });
    const fits = entries.every(([key, value]) => HEADER.test(key) && isParam(value));
    if (!fits)
      return { expected: 'a mapping from names of headers, without Mcp-Param-, to texts, integers, true or false' };
    return { value: new Map(entries.map(([key, value]) => [key.toLowerCase(), toParam(value)])) };
  },
  schema: {
    type: 'object',
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }] },
  },
});

const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

function isParam(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
}

const toParam = (value: unknown): string | boolean | bigint =>
  typeof value === 'number' ? BigInt(value) : (value as string | boolean);

const CALL = section('What is called.', {
  method: choice('A method of MCP.', [...METHODS.keys()]),
  name: text({
    description:
      'The tool, the prompt or the URI; for methods of tasks the tool that began the task; for completion what its `ref` names: a template when it holds ://, else a prompt.',
    expected: `a text of 1 to ${MAX_NAME} characters`,
    find: (name) => (name !== '' && name.length <= MAX_NAME ? name : undefined),
  }).optional(),
  args: scalar<true>({
    description: 'Arguments, an object; numbers stay as they are written.',
    read: (raw) => (isMapping(raw) ? { value: true } : { expected: 'a mapping' }),
    schema: { type: 'object' },
  }).optional(),
  params: PARAMS.optional(),
  now: text({
    description: 'What conditions see as `now`. Absent: when the test runs.',
    expected: 'a time such as 2026-01-31T09:00:00Z, in quotes or not',
    find: (time) => (TIME.test(time) && Number.isFinite(Date.parse(time)) ? time : undefined),
  }).optional(),
}).superRefine((call, ctx) => {
  if (!isMapping(call)) return;
  const { method } = call;
  if (typeof method !== 'string' || !METHODS.has(method)) return;
  const naming = toNaming(method);
  if (naming === 'needed' && !('name' in call)) addProblem(ctx, [], `\`name\` is required: ${method} has one`);
  if (naming === 'none' && 'name' in call) addProblem(ctx, ['name'], `means nothing here: ${method} has no name`);
  if ('args' in call && !ARGUED.has(method))
    addProblem(ctx, ['args'], `means nothing here: ${method} has no arguments`);
}, ALWAYS);

const NAMES = (description: string) =>
  listOf(description, exact('A tool, a prompt, a URI or a URI template.'), 'at least one name').optional();

const CASE = section('One call.', {
  name: text({
    description: 'Says in words what must hold.',
    expected: 'a text of 1 to 200 characters on one line',
    find: (name) => (/^\P{Cc}{1,200}$/u.test(name) ? name : undefined),
  }),
  as: CALLER,
  call: CALL,
  expect: choice(
    'allow; deny; challenge: asked for scopes, or for a token; hide: denied as if the name did not exist; refuse: turned away before any rule is asked.',
    ['allow', 'deny', 'challenge', 'hide', 'refuse'],
  ),
  rule: identifier('The rule that must have decided; none, when no rule fits.').optional(),
  scopes: listOf('All scopes that a challenge must ask for.', scope('A scope.'), 'at least one scope').optional(),
  shows: NAMES('Names that the list would show to this caller.'),
  hides: NAMES('Names that the list would not show to this caller.'),
  shadow: identifier(
    'The rule in shadow mode that would have changed the answer; none, when no rule would have.',
  ).optional(),
}).superRefine((one, ctx) => {
  if (!isMapping(one)) return;
  const { expect, call } = one;
  const method = isMapping(call) ? call['method'] : undefined;
  if ('scopes' in one && expect !== 'challenge') addProblem(ctx, ['scopes'], 'stand only beside `expect: challenge`');
  if ('rule' in one && expect === 'refuse')
    addProblem(ctx, ['rule'], 'cannot be told: no rule is asked before a `refuse`');
  for (const key of ['shows', 'hides']) {
    if (!(key in one)) continue;
    const isList = typeof method === 'string' && LISTING.test(method);
    if (!isList || expect !== 'allow') addProblem(ctx, [key], 'stands only beside a list method and `expect: allow`');
  }
}, ALWAYS);

export const POLICY_TESTS = section('Calls that the policy of one endpoint must decide as it says here.', {
  endpoint: text({
    description: 'Path of the endpoint.',
    expected: 'the path of an endpoint such as /mcp',
    find: (path) => (path.startsWith('/') ? path : undefined),
  }),
  access: listOf(
    'Access files to try in place of those of the endpoint. Relative to the file of tests.',
    fileName('An access file.').meta({ description: 'An access file, relative to this one.' }),
    'at least one access file',
  ).optional(),
  cases: listOf('The cases.', CASE, 'at least one case'),
});

/** A case that fits the shape. */
export type CheckedCase = z.output<typeof CASE>;
export type CheckedCaller = z.output<typeof CALLER>;

function isMapping(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Map);
}
