// `identity`: who may call.
import { closeScopes, MAX_IMPLIED } from '../close-scopes.ts';
import { ALWAYS, addProblem } from './add-problem.ts';
import { algorithm } from './algorithm.ts';
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { findIssuer, findSafeUrl } from './find-url.ts';
import { flag } from './flag.ts';
import { listOf } from './list-of.ts';
import { mapOf } from './map-of.ts';
import { claim, SCOPE_NAME, scope } from './scope.ts';
import { section } from './section.ts';
import { text } from './text.ts';

const MEDIA_TYPE = /^(?:application\/)?([a-z0-9][a-z0-9!#$&^_.+-]{0,126})$/;

const TOKEN_TYPE = text({
  description: 'A value of the header `typ`; case does not count, nor does application/ in front.',
  expected: 'a token type such as at+jwt or JWT',
  find: (type) => MEDIA_TYPE.exec(type.toLowerCase())?.[1],
});

const SCOPE_IMPLIES = mapOf(
  'Broad scopes, each with the narrower ones that whoever has it has too, directly or through others.',
  SCOPE_NAME,
  listOf('The scopes it implies.', scope('A scope.'), 'at least one scope'),
).superRefine((implies, ctx) => {
  const closed = closeScopes(implies);
  if (closed.ok) return;
  const why =
    closed.why === 'cycle' ? 'implies itself, directly or through others' : `takes the pairs beyond ${MAX_IMPLIED}`;
  addProblem(ctx, [closed.scope], why);
});

const ISSUER = section('One authorization server.', {
  issuer: text({
    description: 'Its identifier, compared with `iss` character by character.',
    expected:
      'an https URL (plain http on loopback hosts alone) without user name, query and fragment, such as https://login.example.com',
    find: findIssuer,
  }),
  jwksUri: text({
    description: 'Where its keys are. Default: found through RFC 8414, then OpenID Connect discovery.',
    expected: 'an https URL (plain http on loopback hosts alone) without user name and fragment',
    find: findSafeUrl,
  }).optional(),
  algorithms: listOf(
    'Signature algorithms that count; asymmetric ones alone.',
    algorithm('A JWS algorithm.'),
    'at least one algorithm',
  ).prefault(['RS256', 'ES256', 'EdDSA', 'PS256']),
  tokenTypes: listOf('Values of `typ` that count.', TOKEN_TYPE, 'at least one token type').prefault(['at+jwt']),
  claims: section('Where this issuer keeps things: the name of a claim, or a dotted path to it.', {
    scopes: claim('The scopes: one text with spaces, or a list.').prefault('scope'),
    groups: claim('The groups: a list, or one text.').prefault('groups'),
    client: claim('The OAuth client.').prefault('client_id'),
  }).prefault({}),
  scopeImplies: SCOPE_IMPLIES.prefault({}),
});

const ISSUERS = listOf('Authorization servers whose tokens count.', ISSUER).superRefine((issuers, ctx) => {
  const seen = new Map<unknown, number>();
  for (const [index, entry] of Array.isArray(issuers) ? issuers.entries() : []) {
    const issuer: unknown = typeof entry === 'object' && entry !== null ? entry.issuer : undefined;
    if (typeof issuer !== 'string') continue;
    const earlier = seen.get(issuer);
    if (earlier !== undefined) {
      addProblem(ctx, [index, 'issuer'], (found) => `expected each issuer once; ${found} is the same as [${earlier}]`);
    }
    seen.set(issuer, earlier ?? index);
  }
}, ALWAYS);

export const IDENTITY = section('Who may call: `issuers`, or anyone with `anonymous`.', {
  anonymous: flag(
    'true: a request without a token is the principal "anonymous". Anyone who reaches the port may call.',
  ).prefault(false),
  clockSkew: duration('How far clocks may disagree when times of a token are judged.', {
    zero: true,
    most: { ms: 300_000, text: '5m' },
  }).prefault('30s'),
  issuers: ISSUERS.prefault([]),
  keys: section('How the keys of the issuers are kept.', {
    refresh: duration('How often they are fetched in the background.').prefault('10m'),
    cooldown: duration('Shortest time between two fetches that an unknown key id asks for.').prefault('30s'),
    staleFor: duration('How long the last good keys serve when the issuer cannot be reached.').prefault('24h'),
    timeout: duration('How long one fetch may take.').prefault('5s'),
    atStart: choice('Without keys at the start: wait for them, or fail.', ['wait', 'fail']).prefault('wait'),
  }).prefault({}),
  metadataPassage: flag(
    'true: metadata of the issuer is passed on, for older clients that look for it at the gateway.',
  ).prefault(false),
}).prefault({});
