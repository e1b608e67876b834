// The attacker brings a token that some verifier somewhere has taken: of another kind, for another resource, signed by
// another key, spelled in another way. None is taken here, and none makes the gateway ask anyone anything.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, test } from 'node:test';
import {
  findReason,
  makeClaims,
  makeEndpoint,
  makeIdentitySettings,
  makeIssuerSettings,
  makeReadyStage,
  makeReceived,
  NOW_S,
  RESOURCE,
} from '../gateway/identity/identity-stage.ts';
import { type Claims, makeFakeKey, signToken, startFakeIssuer } from '../support/fake-issuer.ts';
import { forgeHmac, forgeToken, signSegments, toSegment } from '../support/forge-token.ts';

const ours = await startFakeIssuer({ alg: 'RS256' });
const theirs = await startFakeIssuer({ alg: 'RS256' });
const other = await startFakeIssuer({ alg: 'ES256' });
const stranger = await startFakeIssuer();
for (const each of [ours, theirs, other, stranger]) after(() => each.close());

const ec = await makeFakeKey('ES256', 'ec');
const undeclared = await makeFakeKey('RS512', 'rs512');
ours.publish(ours.key, ec, undeclared);
theirs.publish(theirs.key, await makeFakeKey('RS256'));
const settings = makeIdentitySettings([
  makeIssuerSettings(ours.issuer),
  makeIssuerSettings(theirs.issuer),
  makeIssuerSettings(other.issuer, { tokenTypes: ['at+jwt', 'JWT'] }),
]);
const stage = await makeReadyStage({ settings, narrowed: new Map([['/other', [other.issuer]]]) });
const asked = (): number => [ours, theirs, other, stranger].reduce((sum, { hits }) => sum + hits.length, 0);
const askedAtFirst = asked();

const CLAIMS = { iss: ours.issuer, ...makeClaims() };
const HEADER = { alg: 'RS256', kid: ours.key.kid, typ: 'at+jwt' };
const GOOD = await ours.sign(makeClaims());
const [HEAD = '', BODY = '', SIGNATURE = ''] = GOOD.split('.');
const publicKey = createPublicKey({ key: ours.key.publicJwk, format: 'jwk' });
const embedded = await makeFakeKey('RS256', ours.key.kid);

const without = (name: string): Claims => Object.fromEntries(Object.entries(CLAIMS).filter(([each]) => each !== name));
const claiming = (changes: object): string => forgeToken(ours.key, HEADER, { ...CLAIMS, ...changes });
const heading = (changes: object): string => forgeToken(ours.key, { ...HEADER, ...changes }, CLAIMS);
const payloadText = (text: string): string =>
  forgeToken(ours.key, HEADER, JSON.stringify(CLAIMS).replace('{', `{${text},`));
/** The same bytes, decoded by a lax reader, behind other last characters. */
const withStrayBits = (segment: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') ^ 1];
};

const TOKENS: readonly (readonly [what: string, token: string, reason: string])[] = [
  // Algorithms
  [
    'an HMAC with the PEM of the public key',
    forgeHmac(publicKey.export({ type: 'spki', format: 'pem' }), { ...HEADER, alg: 'HS256' }, CLAIMS),
    'alg',
  ],
  [
    'an HMAC with the DER of the public key',
    forgeHmac(publicKey.export({ type: 'spki', format: 'der' }), { ...HEADER, alg: 'HS256' }, CLAIMS),
    'alg',
  ],
  [
    'an HMAC with the modulus of the public key',
    forgeHmac(Buffer.from(ours.key.publicJwk.n ?? '', 'base64url'), { ...HEADER, alg: 'HS256' }, CLAIMS),
    'alg',
  ],
  ['an HMAC under an empty secret', forgeHmac('', { ...HEADER, alg: 'HS256' }, CLAIMS), 'alg'],
  [
    'an HMAC that calls itself RS256',
    forgeHmac(publicKey.export({ type: 'spki', format: 'pem' }), HEADER, CLAIMS),
    'signature',
  ],
  ['no signature and alg none', `${toSegment({ ...HEADER, alg: 'none' })}.${toSegment(CLAIMS)}.`, 'form'],
  ['a junk signature and alg none', `${toSegment({ ...HEADER, alg: 'none' })}.${toSegment(CLAIMS)}.AAAA`, 'alg'],
  ['alg NONE', `${toSegment({ ...HEADER, alg: 'NONE' })}.${toSegment(CLAIMS)}.AAAA`, 'alg'],
  ['alg rs256', heading({ alg: 'rs256' }), 'alg'],
  ['no alg', forgeToken(ours.key, { kid: ours.key.kid, typ: 'at+jwt' }, CLAIMS), 'alg'],
  ['an alg that is an array', heading({ alg: ['RS256'] }), 'alg'],
  ['alg __proto__', heading({ alg: '__proto__' }), 'alg'],
  ['alg constructor', heading({ alg: 'constructor' }), 'alg'],
  ['an algorithm its issuer does not use', await signToken(undeclared, CLAIMS), 'alg'],
  ['ES256 over an RSA key', heading({ alg: 'ES256' }), 'alg'],
  ['RS256 over an EC key', await signToken({ ...ours.key, kid: 'ec' }, CLAIMS), 'alg'],
  ['PS256 written over an RS256 key', heading({ alg: 'PS256' }), 'alg'],
  [
    'an all-zero ES256 signature',
    `${toSegment({ ...HEADER, alg: 'ES256', kid: 'ec' })}.${BODY}.${Buffer.alloc(64).toString('base64url')}`,
    'signature',
  ],
  [
    'a DER-encoded ES256 signature',
    `${toSegment({ ...HEADER, alg: 'ES256', kid: 'ec' })}.${BODY}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`,
    'signature',
  ],
  // Keys
  [
    'the key set of another configured issuer',
    await signToken({ ...theirs.key, kid: ours.key.kid }, CLAIMS),
    'signature',
  ],
  [
    'our key under another issuer',
    forgeToken(
      { ...ours.key, kid: theirs.key.kid },
      { ...HEADER, kid: theirs.key.kid },
      { ...CLAIMS, iss: theirs.issuer },
    ),
    'signature',
  ],
  ['its own key in jwk', await signToken(embedded, CLAIMS, { jwk: embedded.publicJwk }), 'embedded_key'],
  ['a good token with a jwk beside', heading({ jwk: ours.key.publicJwk }), 'embedded_key'],
  ['a jku of the attacker', await signToken(stranger.key, CLAIMS, { jku: stranger.jwksUri }), 'embedded_key'],
  ['a jku of the true issuer', heading({ jku: ours.jwksUri }), 'embedded_key'],
  ['an x5u', heading({ x5u: `${stranger.issuer}/chain` }), 'embedded_key'],
  ['an x5c', heading({ x5c: ['MIIB'] }), 'embedded_key'],
  ['a kid that is a number', heading({ kid: 1 }), 'form'],
  ['a kid that is null', heading({ kid: null }), 'form'],
  [
    'no kid where two keys fit',
    forgeToken(theirs.key, { alg: 'RS256', typ: 'at+jwt' }, { ...CLAIMS, iss: theirs.issuer }),
    'key_unknown',
  ],
  ['a changed payload', `${HEAD}.${toSegment({ ...CLAIMS, sub: 'root' })}.${SIGNATURE}`, 'signature'],
  ['a changed header', `${toSegment({ ...HEADER, x: 1 })}.${BODY}.${SIGNATURE}`, 'signature'],
  ['a cut signature', `${HEAD}.${BODY}.${SIGNATURE.slice(0, -2)}`, 'signature'],
  ['a signature of one byte', `${HEAD}.${BODY}.AA`, 'signature'],
  // Header
  ['an unknown crit', heading({ crit: ['exp'], exp: 1 }), 'crit'],
  ['an empty crit', heading({ crit: [] }), 'crit'],
  ['an unencoded payload', heading({ b64: false, crit: ['b64'] }), 'crit'],
  ['b64 true', heading({ b64: true }), 'crit'],
  ['no typ', forgeToken(ours.key, { alg: 'RS256', kid: ours.key.kid }, CLAIMS), 'typ'],
  ['typ JWT where only at+jwt is taken', heading({ typ: 'JWT' }), 'typ'],
  ['a DPoP proof', heading({ typ: 'dpop+jwt' }), 'typ'],
  ['a logout token', heading({ typ: 'logout+jwt' }), 'typ'],
  ['typ application/application/at+jwt', heading({ typ: 'application/application/at+jwt' }), 'typ'],
  ['typ with a space', heading({ typ: 'at+jwt ' }), 'typ'],
  ['a typ with a Kelvin sign', heading({ typ: 'at+j\u212At' }), 'typ'],
  ['a typ that is an object', heading({ typ: {} }), 'typ'],
  ['an ID token by its nonce', await other.sign(makeClaims({ nonce: 'n' }), { header: { typ: 'JWT' } }), 'id_token'],
  [
    'an ID token by its at_hash',
    await other.sign(makeClaims({ at_hash: 'x' }), { header: { typ: 'JWT' } }),
    'id_token',
  ],
  ['an ID token of Keycloak', await other.sign(makeClaims({ typ: 'ID' }), { header: { typ: 'JWT' } }), 'id_token'],
  ['an ID token without typ', await other.sign(makeClaims({ nonce: 'n' }), { header: { typ: undefined } }), 'id_token'],
  ['an ID token for the client', await other.sign(makeClaims({ aud: 'cli' }), { header: { typ: 'JWT' } }), 'audience'],
  // Issuer
  ['an unknown issuer', await stranger.sign(makeClaims()), 'issuer'],
  ['no issuer', forgeToken(ours.key, HEADER, without('iss')), 'issuer'],
  ['an issuer with a slash more', claiming({ iss: `${ours.issuer}/` }), 'issuer'],
  ['an issuer in other case', claiming({ iss: ours.issuer.toUpperCase() }), 'issuer'],
  ['an issuer with a space', claiming({ iss: `${ours.issuer} ` }), 'issuer'],
  ['an issuer with a zero-width space', claiming({ iss: `${ours.issuer}\u200B` }), 'issuer'],
  ['an issuer with full-width digits', claiming({ iss: ours.issuer.replace('127', '１２７') }), 'issuer'],
  ['an issuer in an array', claiming({ iss: [ours.issuer] }), 'issuer'],
  ['issuer __proto__', claiming({ iss: '__proto__' }), 'issuer'],
  // Audience
  ['no audience', forgeToken(ours.key, HEADER, without('aud')), 'audience'],
  ['another audience', claiming({ aud: 'https://mcp.example.com/files' }), 'audience'],
  ['a prefix of the audience', claiming({ aud: 'https://mcp.example.com' }), 'audience'],
  ['an audience that goes on', claiming({ aud: `${RESOURCE}/admin` }), 'audience'],
  ['a trailing slash', claiming({ aud: `${RESOURCE}/` }), 'audience'],
  ['an audience with a fragment', claiming({ aud: `${RESOURCE}#` }), 'audience'],
  ['an audience in other case', claiming({ aud: 'https://MCP.example.com/mcp' }), 'audience'],
  ['an audience with a Cyrillic letter', claiming({ aud: RESOURCE.replace('e', 'е') }), 'audience'],
  ['an audience percent-encoded', claiming({ aud: RESOURCE.replace('mcp', '%6dcp') }), 'audience'],
  ['audiences in one text', claiming({ aud: `${RESOURCE} https://x.example` }), 'audience'],
  ['an array of other audiences', claiming({ aud: ['https://x.example', `${RESOURCE}/`] }), 'audience'],
  ['an array with something else in it', claiming({ aud: [RESOURCE, 1] }), 'audience'],
  ['an array in an array', claiming({ aud: [[RESOURCE]] }), 'audience'],
  ['an empty array', claiming({ aud: [] }), 'audience'],
  ['an object as audience', claiming({ aud: { [RESOURCE]: true } }), 'audience'],
  ['the audience in resource', forgeToken(ours.key, HEADER, { ...without('aud'), resource: RESOURCE }), 'audience'],
  // Times
  ['no exp', forgeToken(ours.key, HEADER, without('exp')), 'times'],
  ['exp as text', claiming({ exp: `${NOW_S + 300}` }), 'times'],
  ['exp null', claiming({ exp: null }), 'times'],
  [
    'exp beyond all numbers',
    forgeToken(ours.key, HEADER, JSON.stringify(CLAIMS).replace(`${NOW_S + 300}`, '1e400')),
    'times',
  ],
  ['exp beyond 2^53', claiming({ exp: 2 ** 54 }), 'times'],
  ['nbf as text', claiming({ nbf: '0' }), 'times'],
  ['iat beyond 2^53', claiming({ iat: -(2 ** 54) }), 'times'],
  ['expired a second beyond the skew', claiming({ exp: NOW_S - 31 }), 'expired'],
  ['expired exactly at the skew', claiming({ exp: NOW_S - 30 }), 'expired'],
  ['exp 0', claiming({ exp: 0 }), 'expired'],
  ['exp in the past in milliseconds below zero', claiming({ exp: -1 }), 'expired'],
  ['not yet valid', claiming({ nbf: NOW_S + 31 }), 'not_yet'],
  ['issued in the future', claiming({ iat: NOW_S + 31 }), 'issued_in_future'],
  // Caller
  ['no subject', forgeToken(ours.key, HEADER, without('sub')), 'subject'],
  ['an empty subject', claiming({ sub: '' }), 'subject'],
  ['a subject that is a number', claiming({ sub: 7 }), 'subject'],
  ['bound to a DPoP key', claiming({ cnf: { jkt: 'x' } }), 'proof_bound'],
  ['bound to a certificate', claiming({ cnf: { 'x5t#S256': 'x' } }), 'proof_bound'],
  ['cnf null', claiming({ cnf: null }), 'proof_bound'],
  ['scopes that are an object', claiming({ scope: { admin: true } }), 'claims'],
  ['groups with a number', claiming({ groups: ['a', 1] }), 'claims'],
  ['a client that is an array', claiming({ client_id: ['cli'] }), 'claims'],
  // JSON
  ['two audiences by a repeated name', payloadText('"aud":"https://x.example"'), 'json'],
  ['a repeated name behind an escape', payloadText('"\\u0061ud":"https://x.example"'), 'json'],
  ['a repeated name deep down', payloadText('"a":{"b":1,"b":2}'), 'json'],
  ['a repeated alg', forgeToken(ours.key, JSON.stringify(HEADER).replace('{', '{"alg":"none",'), CLAIMS), 'json'],
  ['half a surrogate pair', payloadText('"x":"\\ud800"'), 'json'],
  [
    'bad UTF-8',
    signSegments(
      ours.key,
      HEAD,
      Buffer.concat([Buffer.from(JSON.stringify(CLAIMS).slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]).toString(
        'base64url',
      ),
    ),
    'json',
  ],
  ['a byte order mark', forgeToken(ours.key, HEADER, `\uFEFF${JSON.stringify(CLAIMS)}`), 'json'],
  ['a comment', forgeToken(ours.key, HEADER, `${JSON.stringify(CLAIMS)}/**/`), 'json'],
  ['an array as payload', forgeToken(ours.key, HEADER, [CLAIMS]), 'json'],
  ['a text as payload', forgeToken(ours.key, HEADER, '"x"'), 'json'],
  ['null as header', forgeToken(ours.key, 'null', CLAIMS), 'json'],
  ['a thousand brackets', forgeToken(ours.key, HEADER, `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`), 'json'],
  ['claims in __proto__', forgeToken(ours.key, HEADER, `{"__proto__":${JSON.stringify(CLAIMS)}}`), 'issuer'],
  [
    'an audience in __proto__',
    forgeToken(ours.key, HEADER, JSON.stringify(without('aud')).replace('{', `{"__proto__":{"aud":"${RESOURCE}"},`)),
    'audience',
  ],
  // Spelling
  ['a padded header', `${HEAD}=.${BODY}.${SIGNATURE}`, 'form'],
  ['a padded payload', `${HEAD}.${BODY}=.${SIGNATURE}`, 'form'],
  ['a padded signature', `${GOOD}==`, 'form'],
  ['stray bits in the signature', `${HEAD}.${BODY}.${withStrayBits(SIGNATURE)}`, 'form'],
  ['a segment of impossible length', `${HEAD}.${BODY}.AAAAA`, 'form'],
  ['a space inside', `${HEAD}. ${BODY}.${SIGNATURE}`, 'form'],
  ['a space behind', `${GOOD} `, 'form'],
  ['a second space in front', ` ${GOOD}`, 'form'],
  ['a tab behind', `${GOOD}\t`, 'form'],
  ['a line feed behind', `${GOOD}\n`, 'form'],
  ['base64 in place of base64url', `${HEAD}.${BODY}.+/+/`, 'form'],
  ['an accent inside', `${HEAD}.${BODY}é.${SIGNATURE}`, 'form'],
  ['a NUL behind', `${GOOD}\0`, 'form'],
  ['two tokens between commas', `${GOOD}, ${GOOD}`, 'form'],
  ['an auth-param', `token="${GOOD}"`, 'form'],
  ['four segments', `${GOOD}.AAAA`, 'form'],
  ['two segments', `${HEAD}.${BODY}`, 'form'],
  ['a JWE', 'eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA', 'form'],
  ['a JWE of five full segments', 'eyJhbGciOiJkaXIifQ.AAAA.AAAA.AAAA.AAAA', 'form'],
  ['an opaque token', 'ya29.a0AfB_byC', 'form'],
  ['only dots', '..', 'form'],
  ['nothing', '', 'form'],
  ['more than 8 KiB', claiming({ padding: 'x'.repeat(8192) }), 'size'],
];

test('a good token is taken, so that the others are refused for what they are', async () => {
  assert.equal(await stage.judge(GOOD), 'ok');
  assert.equal(await stage.judge(claiming({ aud: ['https://x.example', RESOURCE] })), 'ok');
  assert.equal(await stage.judge(heading({ typ: 'application/AT+JWT' })), 'ok');
  assert.equal(await stage.judge(claiming({ exp: NOW_S - 29, nbf: NOW_S + 30, iat: NOW_S + 30 })), 'ok');
  assert.equal(await stage.judge(await signToken(ec, CLAIMS)), 'ok');
  assert.equal(await stage.judge(claiming({ cnf_: 1, nonce: 'no ID token has this typ' })), 'ok');
  assert.equal(asked(), askedAtFirst);
});

for (const [what, token, reason] of TOKENS) {
  test(`${what} is refused as ${reason}, the second time too, and nobody is asked anything`, async () => {
    assert.equal(await stage.judge(token), reason);
    assert.equal(await stage.judge(token), reason);
    assert.equal(asked(), askedAtFirst);
  });
}

const HEADERS: readonly (readonly [what: string, authorization: readonly string[], reason: string])[] = [
  ['no header', [], '401 token_absent absent'],
  ['two equal headers', [`Bearer ${GOOD}`, `Bearer ${GOOD}`], '400 token_misplaced token_twice'],
  ['a header beside an empty one', [`Bearer ${GOOD}`, ''], '400 token_misplaced token_twice'],
  ['another scheme in a second header', [`Bearer ${GOOD}`, 'Basic YTpi'], '400 token_misplaced token_twice'],
  ['an empty header', [''], 'scheme'],
  ['Basic', ['Basic YTpi'], 'scheme'],
  ['DPoP', [`DPoP ${GOOD}`], 'scheme'],
  ['no scheme', [GOOD], 'scheme'],
  ['the scheme alone', ['Bearer'], 'scheme'],
  ['a tab behind the scheme', [`Bearer\t${GOOD}`], 'scheme'],
  ['a space in front of the scheme', [` Bearer ${GOOD}`], 'scheme'],
  ['Bearer with a suffix', [`Bearer2 ${GOOD}`], 'scheme'],
];

for (const [what, authorization, reason] of HEADERS) {
  test(`${what} is answered with ${reason}`, async () => {
    assert.equal(await findReason(async () => stage.authenticate(makeReceived({ authorization }))), reason);
  });
}

for (const query of [
  'access_token=x',
  'a=b&access_token=x',
  'access%5Ftoken=x',
  '%61%63cess_token=x',
  'access_token',
  'a;access_token=x',
  'ACCESS_TOKEN=x',
  '+access_token=x',
]) {
  test(`a token in the query as ${query} is refused, with and without a good header`, async () => {
    assert.equal(await stage.judge(GOOD, { query }), '400 token_misplaced token_in_query');
    assert.equal(await stage.judge('', { query, authorization: [] }), '400 token_misplaced token_in_query');
  });
}

test('any case of Bearer is taken, and a query without a token', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    assert.equal(
      await stage.judge(GOOD, { authorization: [`${scheme} ${GOOD}`], query: 'token=x&accesstoken=y' }),
      'ok',
    );
  }
});

test('a good token is refused where its issuer is not taken or the audience is another, also when it is remembered', async () => {
  assert.equal(await stage.judge(GOOD), 'ok');
  assert.equal(await stage.judge(GOOD, { endpoint: makeEndpoint({ path: '/other' }) }), 'issuer');
  assert.equal(await stage.judge(GOOD, { endpoint: makeEndpoint({ resource: `${RESOURCE}/` }) }), 'audience');
});

test('where anonymous callers are let in, a bad token is refused all the same', async () => {
  const open = await makeReadyStage({ settings: { ...settings, anonymous: true } });
  assert.equal(await open.judge(`${GOOD}x`), 'form');
  assert.equal(await findReason(async () => open.authenticate(makeReceived())), 'ok');
});
