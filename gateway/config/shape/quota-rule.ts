// The shape of one quota: whose share it counts, of which requests, and how much that share is.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { glob } from './glob.ts';
import { GRANT } from './grant.ts';
import { identifier } from './identifier.ts';
import { integer } from './integer.ts';
import { listOf } from './list-of.ts';
import { METHOD } from './method.ts';
import { owner } from './owner.ts';
import { percent } from './percent.ts';
import { rate } from './rate.ts';
import { section } from './section.ts';

export const ON_STORE_FAILURE = ['allow', 'deny'] as const;

const TASKS = section('Tasks that go on when the call is over.', {
  live: integer('Most of them alive at once.', 1, 1_000_000).optional(),
  start: rate('How many may begin.').optional(),
  overLimit: choice(
    'Beyond the limit: refuse the call, or let it go on inline, without the extension among the capabilities.',
    ['refuse', 'inline'],
  ).prefault('refuse'),
  longestLife: duration('When a task without `ttlMs` no longer counts.').prefault('24h'),
  pollTolerance: percent('How much earlier than `pollIntervalMs` a poll may come, as a share of it.').prefault('20%'),
}).superRefine((tasks, ctx) => requireOne(tasks, ['live', 'start'], ctx), ALWAYS);

export const QUOTA_RULE = section('One limit. All that match a request apply.', {
  id: identifier('Appears in logs and metrics; unique among the rules.'),
  per: owner('Whose share is counted.', ['principal', 'client', 'issuer', 'endpoint', 'address']),
  match: section('Which requests count. All that is named must match; absent: every request.', {
    methods: listOf('Methods, any of them.', METHOD, 'at least one method').optional(),
    names: listOf('Names or URIs, any of them.', glob('A name.'), 'at least one glob').optional(),
    endpoints: listOf('Endpoints by path, any of them.', glob('A path.'), 'at least one glob').optional(),
  }).optional(),
  to: GRANT.optional(),
  rate: rate('How many requests may come.').optional(),
  burst: integer('How many of them may come at once. Default: the count of `rate`.', 1, 999_999_999).optional(),
  concurrent: integer('Most requests at once, open streams too.', 1, 1_000_000).optional(),
  tasks: TASKS.optional(),
  onStoreFailure: choice('When the store is slow or down. Default: that of `quotas`.', ON_STORE_FAILURE).optional(),
})
  .superRefine((rule, ctx) => requireOne(rule, ['rate', 'concurrent', 'tasks'], ctx), ALWAYS)
  .superRefine((rule, ctx) => {
    if (!isMapping(rule) || !('burst' in rule) || 'rate' in rule) return;
    addProblem(ctx, ['burst'], 'needs `rate`, which it is a part of');
  }, ALWAYS);

function requireOne(value: unknown, keys: readonly string[], ctx: z.core.$RefinementCtx): void {
  if (!isMapping(value) || keys.some((key) => key in value)) return;
  addProblem(ctx, [], `limits nothing: at least one of ${keys.join(', ')} is required`);
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
