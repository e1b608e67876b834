// The shape of an access file: who may use which tools, prompts and resources.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { exactlyOne } from './exactly-one.ts';
import { glob, uriGlob } from './glob.ts';
import { GRANT } from './grant.ts';
import { listOf } from './list-of.ts';
import { section } from './section.ts';
import { text } from './text.ts';

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const LEAST = 'at least one glob';

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
  section(
    'One rule.',
    {
      id: text({
        description: 'Appears in logs, metrics and explanations; unique within an endpoint.',
        expected: '1 to 64 letters, digits, `.`, `_` or `-`',
        find: (id) => (ID.test(id) ? id : undefined),
      }),
      allow: surfaces('What the rule allows.').optional(),
      deny: surfaces('What the rule denies; a deny wins over any allow.').optional(),
      to: GRANT.optional(),
    },
    { later: ['mode', 'when'] },
  ),
  'allow',
  'deny',
).superRefine((rule, ctx) => {
  if (typeof rule !== 'object' || rule === null || !('allow' in rule) || 'to' in rule) return;
  addProblem(ctx, [], '`to` is required: an allow must say whom');
}, ALWAYS);

export const ACCESS = section('Who may use what of an endpoint. What no rule allows is denied; order means nothing.', {
  rules: listOf('The rules.', RULE, 'at least one rule'),
});

/** A rule that fits the shape. */
export type CheckedRule = z.output<typeof RULE>;
