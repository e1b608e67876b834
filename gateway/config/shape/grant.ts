// `to`: whom something is for.
import { ALWAYS, addProblem } from './add-problem.ts';
import { findIssuer } from './find-url.ts';
import { listOf } from './list-of.ts';
import { mapOf } from './map-of.ts';
import { scalar, VARIABLE } from './scalar.ts';
import { CLAIM_NAME, exact, scope } from './scope.ts';
import { section } from './section.ts';
import { text } from './text.ts';

/** The name of an issuer, which must be one of `identity.issuers`. */
export const issuerName = (description: string) =>
  text({ description, expected: 'the `issuer` of one of `identity.issuers`', find: findIssuer });

const EVERYONE = scalar<true>({
  description: 'true: every caller, anonymous ones too. Stands alone.',
  read: (raw) => (raw === true || raw === 'true' ? { value: true } : { expected: 'true' }),
  schema: { anyOf: [{ const: true }, VARIABLE] },
});

const KINDS = {
  scopes: listOf('Scopes; all of them are needed.', scope('A scope.'), 'at least one scope').optional(),
  groups: listOf('Groups, any of them.', exact('A group.'), 'at least one group').optional(),
  subjects: listOf('Subjects (sub), any of them.', exact('A subject.'), 'at least one subject').optional(),
  clients: listOf('OAuth clients, any of them.', exact('A client id.'), 'at least one client').optional(),
  issuers: listOf('Issuers, any of them.', issuerName('An issuer.'), 'at least one issuer').optional(),
  claims: mapOf(
    'Claims that must all fit, by name or dotted path.',
    { ...CLAIM_NAME, least: 'at least one claim' },
    listOf('Values, any of them.', exact('A value.'), 'at least one value'),
  ).optional(),
};

const NAMES = Object.keys(KINDS);

/** Everyone, or at least one kind; all kinds that are given must fit. */
export const GRANT = section('Whom it is for: everyone, or those who fit all that is given.', {
  ...KINDS,
  everyone: EVERYONE.optional(),
})
  .superRefine((grant, ctx) => {
    if (typeof grant !== 'object' || grant === null) return;
    const given = NAMES.filter((name) => name in grant);
    if ('everyone' in grant && given.length > 0) {
      addProblem(ctx, ['everyone'], `stands alone: it leaves nothing to ${given.join(', ')}`);
    }
  }, ALWAYS)
  .superRefine((grant, ctx) => {
    // A mistyped key says enough.
    if (Object.keys(grant).length > 0 || ctx.issues.length > 0) return;
    addProblem(ctx, [], `must say whom: expected everyone: true, or at least one of ${NAMES.join(', ')}`);
  });
