// `sealing`: how state that leaves with a client is wrapped, so that only its owner can bring it back.
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { flag } from './flag.ts';
import { glob } from './glob.ts';
import { identifier } from './identifier.ts';
import { jsonPointer } from './json-pointer.ts';
import { listOf } from './list-of.ts';
import { owner } from './owner.ts';
import { sealingSecret } from './sealing-secret.ts';
import { section } from './section.ts';
import { size } from './size.ts';
import { uniqueBy } from './unique-by.ts';

const SECRET = { secret: true } as const;

const KEY = section(
  'One key.',
  {
    id: identifier('Names the key in what it sealed; unique among the keys.'),
    secret: sealingSecret('32 random bytes in base64.'),
    openOnly: flag('true: opens what it sealed once, and seals no more.').prefault(false),
  },
  SECRET,
);

export const KEYS = uniqueBy(listOf('The first one seals, all of them open.', KEY), 'id').superRefine(
  (keys: unknown, ctx) => {
    const first: unknown = Array.isArray(keys) ? keys[0] : undefined;
    if (typeof first !== 'object' || first === null || !('openOnly' in first) || first.openOnly !== true) return;
    addProblem(ctx, [0, 'openOnly'], 'the first key is the one that seals; put a key before it that may');
  },
  ALWAYS,
);

const HANDLE = section('A value in the results of some tools that only its owner may give to others.', {
  tool: glob('Tools whose result holds it.'),
  endpoint: glob('Paths of endpoints. Default: all.').optional(),
  result: jsonPointer('Where it stands in the result.'),
  opens: listOf(
    'Where it comes back.',
    section('Arguments of some tools.', {
      tool: glob('The tools.'),
      argument: jsonPointer('Where it stands in their arguments.'),
    }),
    'at least one place',
  ),
  bind: owner('Who its owner is: the principal, or all who share a claim.', ['principal']).prefault('principal'),
  ttl: duration('How long it opens.').prefault('24h'),
  required: flag('true: a value that was not sealed is refused.').prefault(true),
});

export const SEALING = section(
  'How state that leaves with a client is wrapped.',
  {
    keys: KEYS.prefault([]),
    state: section('`requestState` of calls that take several rounds.', {
      ttl: duration('How long it opens.').prefault('15m'),
      bindArguments: flag('true: good for the very arguments it was given for.').prefault(true),
      singleUse: flag('true: opens once, which the store of `quotas` remembers.').prefault(false),
      inputResponses: size('Largest `inputResponses` of a request.', 2 ** 30, '1GiB').prefault('256KiB'),
    }).prefault({}),
    tasks: section('Ids of tasks.', {
      affinity: choice('instance: a task is asked for where it began; none: instances share their tasks.', [
        'instance',
        'none',
      ]).prefault('instance'),
      longestLife: duration('How long the id of a task without `ttlMs` opens.').prefault('24h'),
    }).prefault({}),
    handles: listOf('Values of your own tools, such as `basketId`.', HANDLE).prefault([]),
  },
  SECRET,
).prefault({});
