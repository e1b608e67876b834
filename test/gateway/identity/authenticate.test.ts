// A token is verified once and judged every time.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Refusal } from '../../../gateway/refusal.ts';
import { makeFakeKey, signToken, startFakeIssuer } from '../../support/fake-issuer.ts';
import { forgeToken } from '../../support/forge-token.ts';
import { until } from '../upstream/until.ts';
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
} from './identity-stage.ts';

const issuer = await startFakeIssuer({ alg: 'RS256' });
const second = await startFakeIssuer({ alg: 'EdDSA' });
for (const each of [issuer, second]) after(() => each.close());
const settings = makeIdentitySettings([makeIssuerSettings(issuer.issuer), makeIssuerSettings(second.issuer)]);
const bearing = (token: string) => makeReceived({ authorization: [`Bearer ${token}`] });

test('the caller is who the token says, and the request travels on unchanged', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims({ groups: ['a', 'b'] }));
  const request = bearing(token);
  const { principal, bearer, ...rest } = await stage.authenticate(request);
  assert.deepEqual(rest, request);
  assert.equal(bearer, token);
  assert.deepEqual(
    { ...principal, claims: principal.claims['sub'] },
    {
      kind: 'token',
      issuer: issuer.issuer,
      subject: 'alice',
      client: 'cli',
      scopes: new Set(['weather:read']),
      groups: new Set(['a', 'b']),
      claims: 'alice',
      validUntilMs: (NOW_S + 330) * 1000,
    },
  );
});

test('a token verified before is answered for at once, with the same principal', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims());
  const first = stage.authenticate(bearing(token));
  assert.ok(first instanceof Promise);
  const { principal } = await first;
  const again = stage.authenticate(bearing(token));
  assert.ok(!(again instanceof Promise));
  assert.equal(again.principal, principal);
});

test('requests that bring one new token at the same time share one verification', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims());
  const answers = await Promise.all(Array.from({ length: 20 }, async () => stage.authenticate(bearing(token))));
  assert.equal(new Set(answers.map(({ principal }) => principal)).size, 1);
});

test('a remembered token ends with its time, to the millisecond', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims());
  assert.equal(await stage.judge(token), 'ok');
  await stage.timeline.advance(330_000 - 1);
  assert.equal(await stage.judge(token), 'ok');
  await stage.timeline.advance(1);
  assert.equal(await stage.judge(token), 'expired');
});

test('a token that is too young is taken when its time has come', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims({ nbf: NOW_S + 60 }));
  assert.equal(await stage.judge(token), 'not_yet');
  await stage.timeline.advance(30_000);
  assert.equal(await stage.judge(token), 'ok');
});

test('a token that expires while its keys are fetched is refused', async () => {
  const stage = await makeReadyStage({ settings: { ...settings, keys: { ...settings.keys, timeoutMs: 1e6 } } });
  const key = await makeFakeKey('ES256');
  second.publish(second.key, key);
  const token = await second.sign(makeClaims(), { key });
  const judged = stage.judge(token);
  await stage.timeline.advance(330_000);
  assert.equal(await judged, 'expired');
  second.publish(second.key);
});

test('an audience that is refused on one endpoint does not spoil the token for another', async () => {
  const stage = await makeReadyStage({ settings });
  const token = await issuer.sign(makeClaims({ aud: [`${RESOURCE}2`] }));
  assert.equal(await stage.judge(token), 'audience');
  assert.equal(await stage.judge(token, { endpoint: makeEndpoint({ resource: `${RESOURCE}2` }) }), 'ok');
  assert.equal(await stage.judge(token), 'audience');
});

test('a bad signature is looked at once, and again when the keys have changed', async () => {
  const stage = await makeReadyStage({ settings });
  const next = await makeFakeKey('EdDSA', second.key.kid);
  const token = await signToken(next, { iss: second.issuer, ...makeClaims({ exp: 3e9 }) });
  const first = stage.authenticate(bearing(token));
  assert.ok(first instanceof Promise);
  assert.equal(await findReason(() => first), 'signature');
  // Thrown at once: nothing was verified.
  assert.throws(() => stage.authenticate(bearing(token)), Refusal);
  second.publish(next);
  await stage.timeline.advance(600_000);
  await until('both issuers were asked again', () => stage.events.length === 4);
  assert.equal(await stage.judge(token), 'ok');
  second.publish(second.key);
});

test('a refusal carries the challenge of its endpoint and nothing of the token', async () => {
  const stage = await makeReadyStage({ settings });
  const token = forgeToken(issuer.key, { alg: 'RS256', typ: 'at+jwt' }, { iss: 'https://canary.example' });
  await assert.rejects(stage.send(token), (error: unknown) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual(error.detail, {
      reason: 'issuer',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
    assert.equal(error.cause, undefined);
    return true;
  });
});

test('every judged token is told of once, by configured issuers alone', async () => {
  const stage = await makeReadyStage({ settings, narrowed: new Map([['/mcp', [issuer.issuer]]]) });
  const good = await issuer.sign(makeClaims());
  await stage.judge(good);
  await stage.judge(good);
  await stage.judge(await issuer.sign(makeClaims({ iss: 'https://canary.example' })));
  await stage.judge(await second.sign(makeClaims()));
  await stage.judge(await issuer.sign(makeClaims({ exp: 1 })));
  await stage.judge('canary');
  await stage.judge('', { authorization: ['Basic canary'] });
  await stage.judge('', { authorization: [] });
  assert.deepEqual(stage.validated, [
    [issuer.issuer, 'ok'],
    [issuer.issuer, 'ok'],
    ['unknown', 'issuer'],
    [second.issuer, 'issuer'],
    [issuer.issuer, 'expired'],
    ['unknown', 'form'],
    ['unknown', 'scheme'],
  ]);
});

test('without a token the caller is nobody, where the configuration lets nobody in', async () => {
  const stage = await makeReadyStage({ settings: { ...settings, anonymous: true } });
  const { principal, bearer } = await stage.authenticate(makeReceived());
  assert.equal(principal.kind, 'anonymous');
  assert.equal(principal.scopes.size + principal.groups.size, 0);
  assert.deepEqual(
    [principal.issuer, principal.subject, principal.validUntilMs, bearer],
    ['', '', undefined, undefined],
  );
});

for (const alg of ['RS256', 'RS384', 'PS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']) {
  test(`${alg} is verified`, async () => {
    const signer = await startFakeIssuer({ alg });
    try {
      const stage = await makeReadyStage({
        settings: makeIdentitySettings([makeIssuerSettings(signer.issuer, { algorithms: [alg] })]),
      });
      assert.equal(await stage.judge(await signer.sign(makeClaims())), 'ok');
      assert.equal(await stage.judge(await signer.sign(makeClaims(), { header: { kid: undefined } })), 'ok');
    } finally {
      await signer.close();
    }
  });
}

test('symmetric algorithms do not exist, even when a configuration names them', async () => {
  const stage = await makeReadyStage({
    settings: makeIdentitySettings([makeIssuerSettings(issuer.issuer, { algorithms: ['HS256', 'none', 'RS256'] })]),
  });
  for (const alg of ['HS256', 'none']) {
    assert.equal(
      await stage.judge(forgeToken(issuer.key, { alg, typ: 'at+jwt' }, makeClaims({ iss: issuer.issuer }))),
      'alg',
    );
  }
});
