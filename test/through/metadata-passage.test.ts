// Older clients look for the issuer's metadata at the gateway: what they get from the whole of it, and what a reload changes.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type FakeIssuer, startFakeIssuer } from '../support/fake-issuer.ts';
import { type HeaderLines, type RawAnswer, sendRaw } from '../support/mcp-request.ts';
import { startGuardedGateway, toReason } from './identity/support/guarded-gateway.ts';
import type { Gateway } from './support/start.ts';

const OAUTH = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';

async function startIssuer(t: TestContext, path = ''): Promise<FakeIssuer> {
  const issuer = await startFakeIssuer({ path });
  t.after(() => issuer.close());
  return issuer;
}

const toIdentity = (issuers: readonly FakeIssuer[], metadataPassage: boolean): object => ({
  issuers: issuers.map(({ issuer }) => ({ issuer })),
  metadataPassage,
});

const get = ({ port }: Gateway, target: string, lines: HeaderLines = [], verb = 'GET'): Promise<RawAnswer> =>
  sendRaw({ port, target, lines, body: '', verb });

test('metadata of the first issuer is passed on at the root and for the path of the endpoint, to any page', async (t) => {
  const [first, second] = [await startIssuer(t, '/realms/demo'), await startIssuer(t)];
  const gateway = await startGuardedGateway(t, { identity: toIdentity([first, second], true) });
  for (const target of [OAUTH, `${OAUTH}/mcp`, OIDC, `${OIDC}/mcp`, `${OIDC}/mcp?x=1`]) {
    const { status, text, headers } = await get(gateway, target, [['Origin', 'https://inspector.example']]);
    assert.equal(status, 200, target);
    assert.deepEqual(JSON.parse(text), { issuer: first.issuer, jwks_uri: first.jwksUri });
    assert.equal(headers.get('access-control-allow-origin'), '*');
  }
  const preflight = await get(gateway, OAUTH, [['Origin', 'https://inspector.example']], 'OPTIONS');
  assert.equal(preflight.status, 204);
});

test('the metadata of the gateway itself stays where it is', async (t) => {
  const issuer = await startIssuer(t);
  const gateway = await startGuardedGateway(t, { identity: toIdentity([issuer], true) });
  const { status, text } = await get(gateway, '/.well-known/oauth-protected-resource/mcp');
  assert.equal(status, 200);
  assert.match(text, /"authorization_servers":/);
  assert.equal((await get(gateway, '/.well-known/jwks.json')).status, 404);
});

test('without the flag nothing is there, and a reload switches it on, over and off', async (t) => {
  const [first, second] = [await startIssuer(t), await startIssuer(t)];
  const gateway = await startGuardedGateway(t, { identity: toIdentity([first], false) });
  const off = await get(gateway, OAUTH);
  assert.deepEqual([off.status, toReason(off)], [404, 'unknown_path']);
  await gateway.apply({ identity: toIdentity([first], true) });
  assert.match((await get(gateway, OAUTH)).text, new RegExp(`"${first.issuer}"`));
  await gateway.apply({ identity: toIdentity([second], true) });
  assert.match((await get(gateway, OAUTH)).text, new RegExp(`"${second.issuer}"`));
  await gateway.apply({ identity: toIdentity([second], false) });
  assert.equal((await get(gateway, OAUTH)).status, 404);
});

test('verbs, hosts and an issuer that fails are refused in our words, and counted', async (t) => {
  const issuer = await startIssuer(t);
  const gateway = await startGuardedGateway(t, { identity: toIdentity([issuer], true) });
  const posted = await get(gateway, OAUTH, [], 'POST');
  assert.deepEqual([posted.status, toReason(posted), posted.headers.get('allow')], [405, 'verb_not_allowed', 'GET']);
  const rebound = await get(gateway, OAUTH, [['Host', 'evil.example']]);
  assert.deepEqual([rebound.status, toReason(rebound)], [403, 'host_not_allowed']);
  issuer.behave((_request, response) => response.writeHead(302, { location: 'https://evil.example/' }).end());
  const failed = await get(gateway, OAUTH);
  assert.deepEqual([failed.status, toReason(failed), failed.headers.has('location')], [502, 'upstream_failed', false]);
  assert.equal(await gateway.countInFlight(), 0);
});
