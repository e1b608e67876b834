// The shape of an access file: who may use which tools, prompts and resources.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { exactlyOne } from './exactly-one.ts';
import { glob, uriGlob } from './glob.ts';
import { GRANT } from './grant.ts';
import { identifier } from './identifier.ts';
import { listOf } from './list-of.ts';
import { section } from './section.ts';
import { text } from './text.ts';

/** In characters. */
export const MAX_WHEN = 2_048;
const LEAST = 'at least one glob';

const mode = (description: string) => choice(description, ['enforce', 'shadow']);

function surfaces(description: string) {
  return section(description, {
    tools: listOf('Tools, by name.', glob('A name.'), LEAST).optional(),
    prompts: listOf('Prompts, by name: to get and to complete.', glob('A name.'), LEAST).optional(),
    resources: listOf(
      'Resources, by URI: to read, to complete and to subscribe to.',
      uriGlob('A URI.'),
      LEAST,
    ).optional(),
  }).superRefine((kinds, ctx) => {
    // A mistyped key says enough.
    if (Object.keys(kinds).length > 0 || ctx.issues.length > 0) return;
    addProblem(ctx, [], 'covers nothing: at least one of tools, prompts, resources is required');
  });
}

const RULE = exactlyOne(
  section('One rule.', {
    id: identifier('Appears in logs, metrics and explanations; unique within an endpoint.'),
    mode: mode('enforce, or shadow: what the rule would change is counted and logged, never done.').optional(),
    allow: surfaces('What the rule allows.').optional(),
    deny: surfaces('What the rule denies; a deny wins over any allow.').optional(),
    to: GRANT.optional(),
    when: text({
      description:
        'CEL over principal, method, name, args, params, client, endpoint and now: the rule fits when it is true.',
      expected: `an expression in CEL of 1 to ${MAX_WHEN} characters`,
      find: (when) => (when.trim() !== '' && when.length <= MAX_WHEN ? when : undefined),
    }).optional(),
  }),
  'allow',
  'deny',
).superRefine((rule, ctx) => {
  if (typeof rule !== 'object' || rule === null || !('allow' in rule) || 'to' in rule) return;
  addProblem(ctx, [], '`to` is required: an allow must say whom');
}, ALWAYS);

export const ACCESS = section('Who may use what of an endpoint. What no rule allows is denied; order means nothing.', {
  mode: mode('shadow: all rules of this file are.').prefault('enforce'),
  rules: listOf('The rules.', RULE, 'at least one rule'),
}).superRefine((access, ctx) => {
  if (typeof access !== 'object' || access === null || access.mode !== 'shadow' || !Array.isArray(access.rules)) return;
  for (const [index, rule] of access.rules.entries()) {
    if (typeof rule !== 'object' || rule === null || rule.mode !== 'enforce') continue;
    addProblem(ctx, ['rules', index, 'mode'], 'cannot be enforce: `mode` of the file puts all its rules in shadow');
  }
}, ALWAYS);

/** A rule that fits the shape. */
export type CheckedRule = z.output<typeof RULE>;
