// An issuer's keys are found from its own metadata, and only from metadata that speaks for it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type FakeIssuer, sendJson, startFakeIssuer } from '../../support/fake-issuer.ts';
import { makeClaims, makeIdentitySettings, makeIssuerSettings, makeReadyStage } from './identity-stage.ts';

const OAUTH = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';

async function startIssuer(path = ''): Promise<FakeIssuer> {
  const issuer = await startFakeIssuer({ path });
  after(() => issuer.close());
  return issuer;
}

const discover = ({ issuer }: FakeIssuer) =>
  makeReadyStage({ settings: makeIdentitySettings([makeIssuerSettings(issuer)]) });

for (const [path, oauth, oidc] of [
  ['', OAUTH, OIDC],
  ['/realms/demo', `${OAUTH}/realms/demo`, `/realms/demo${OIDC}`],
] as const) {
  test(`an issuer at "${path}" is asked for RFC 8414 metadata first`, async () => {
    const issuer = await startIssuer(path);
    const stage = await discover(issuer);
    assert.deepEqual(issuer.hits, [oauth, `${path}/keys`]);
    assert.equal(await stage.judge(await issuer.sign(makeClaims())), 'ok');
  });

  test(`an issuer at "${path}" without RFC 8414 metadata is asked for OpenID Connect discovery`, async () => {
    const issuer = await startIssuer(path);
    issuer.discoverBy('oidc');
    const stage = await discover(issuer);
    assert.deepEqual(issuer.hits, [oauth, oidc, `${path}/keys`]);
    assert.equal(await stage.judge(await issuer.sign(makeClaims())), 'ok');
  });
}

const UNTRUSTED: readonly (readonly [what: string, members: (issuer: FakeIssuer) => object])[] = [
  ['another issuer', () => ({ issuer: 'https://login.example.com' })],
  ['its issuer with a slash more', ({ issuer }) => ({ issuer: `${issuer}/` })],
  ['no issuer', () => ({ issuer: undefined })],
  ['keys over plain http elsewhere', () => ({ jwks_uri: 'http://keys.example.com/keys' })],
  ['keys under a host that begins like loopback', () => ({ jwks_uri: 'http://127.0.0.1.example.com/keys' })],
  ['keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
  ['keys in the document itself', () => ({ jwks_uri: 'data:application/json,{}' })],
  ['keys at no URL', () => ({ jwks_uri: 'keys' })],
  ['no keys', () => ({ jwks_uri: undefined })],
];

for (const [what, members] of UNTRUSTED) {
  test(`metadata that names ${what} leads to no keys`, async () => {
    const issuer = await startIssuer();
    issuer.describe(members(issuer));
    const stage = await discover(issuer);
    assert.deepEqual(issuer.hits, [OAUTH, OIDC]);
    assert.equal(await stage.judge(await issuer.sign(makeClaims())), 'keys_unavailable');
    assert.deepEqual(
      stage.events.map(({ kind }) => kind),
      ['keys_failed'],
    );
  });
}

test('metadata of an https issuer may not lead to plain http on loopback', async () => {
  const documents: string[] = [];
  const stage = await makeReadyStage({
    settings: makeIdentitySettings([makeIssuerSettings('https://login.example.com/tenant/')]),
    fetch: (url) => {
      documents.push(url as string);
      return Promise.resolve(
        Response.json({ issuer: 'https://login.example.com/tenant/', jwks_uri: 'http://127.0.0.1:1/keys' }),
      );
    },
  });
  assert.deepEqual(documents, [`https://login.example.com${OAUTH}/tenant`, `https://login.example.com/tenant${OIDC}`]);
  assert.equal(stage.registry.issuers[0]?.hasKeys, false);
});

test('a refresh discovers anew, a fetch for an unknown kid does not', async () => {
  const issuer = await startIssuer();
  const stage = await discover(issuer);
  await stage.judge(await issuer.sign(makeClaims(), { header: { kid: 'unknown' } }));
  assert.deepEqual(issuer.hits, [OAUTH, '/keys', '/keys']);
});

test('what a document says about redirects is not followed', async () => {
  const [issuer, elsewhere] = [await startIssuer(), await startIssuer()];
  issuer.behave((_request, response) => response.writeHead(307, { location: `${elsewhere.issuer}${OAUTH}` }).end());
  const stage = await discover(issuer);
  assert.deepEqual(elsewhere.hits, []);
  assert.equal(stage.registry.issuers[0]?.hasKeys, false);
});

test('after a failed key fetch the keys are discovered again', async () => {
  const issuer = await startIssuer();
  const stage = await discover(issuer);
  issuer.behave((_request, response) => sendJson(response, {}, 500));
  const unknown = await issuer.sign(makeClaims(), { header: { kid: 'unknown' } });
  await stage.judge(unknown);
  issuer.behave();
  await stage.timeline.advance(30_000);
  assert.equal(await stage.judge(unknown), 'key_unknown');
  assert.deepEqual(issuer.hits.slice(2), ['/keys', OAUTH, '/keys']);
});
