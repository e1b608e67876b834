// `telemetry.audit`: one line for every decision.
import { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { exactlyOne } from './exactly-one.ts';
import { glob } from './glob.ts';
import { integer } from './integer.ts';
import { jsonPointer } from './json-pointer.ts';
import { listOf } from './list-of.ts';
import { scalar, VARIABLE } from './scalar.ts';
import { section } from './section.ts';
import { size } from './size.ts';
import { fileName } from './tls.ts';

const STDOUT = scalar<true>({
  description: 'true: to standard output, instead of `file`.',
  read: (raw) => (raw === true || raw === 'true' ? { value: true } : { expected: 'true' }),
  schema: { anyOf: [{ const: true }, VARIABLE] },
});

const MAPPING = exactlyOne(
  section(
    'Where it goes, and how.',
    {
      file: fileName('File that lines are added to.').optional(),
      stdout: STDOUT.optional(),
      onFull: choice('When lines come faster than they can be written: block requests, or drop lines and count them.', [
        'block',
        'drop',
      ]).prefault('block'),
      flushEvery: duration('How long a line may wait: a crash loses no more.', {
        most: { ms: 60_000, text: '60s' },
      }).prefault('1s'),
      checkpointEvery: integer('Lines between two checkpoints of the chain.', 1, 1_000_000).prefault(1_000),
      checkpointKey: fileName(
        'PEM file: a private Ed25519 key that signs checkpoints. Absent: they are not signed.',
      ).optional(),
      rotateAt: size('Size at which a new file is begun. Absent: never.', 2 ** 40, '1024GiB').optional(),
      arguments: listOf(
        'Arguments that are written down; all others never are.',
        section('One argument of some tools.', {
          tool: glob('The tools.'),
          pointer: jsonPointer('Where it stands in their arguments.'),
          as: choice('The value itself, or a digest of it.', ['value', 'digest']).prefault('digest'),
        }),
      ).prefault([]),
    },
    { expected: 'stdout, or a mapping with `file`' },
  ),
  'file',
  'stdout',
).superRefine((audit, ctx) => {
  if (typeof audit !== 'object' || audit === null || !('stdout' in audit) || !('rotateAt' in audit)) return;
  addProblem(ctx, ['rotateAt'], 'needs `file`; standard output has no size');
}, ALWAYS);

const WORD = z
  .literal('stdout')
  .transform(() => MAPPING.parse({ stdout: true }))
  .meta({ description: 'Standard output.' });

export const AUDIT = z
  .union([WORD, MAPPING])
  .meta({ description: 'One line for every decision: stdout, or a mapping. Absent: none.' });

/** An audit that fits the shape. */
export type CheckedAudit = z.output<typeof AUDIT>;
