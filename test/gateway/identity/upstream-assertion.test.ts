// An upstream can check, with published keys alone, that the gateway calls, for whom, and with which body.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { toPublicJwks } from '../../../gateway/identity/public-jwks.ts';
import { type AssertionSettings, makeAssertionCredential } from '../../../gateway/identity/upstream-assertion.ts';
import { ANONYMOUS, makePrincipal } from '../policy/make-rules.ts';
import { makeRouted, type RoutedParts } from '../upstream/make-routed.ts';
import { NOW_S } from './identity-stage.ts';

const toPem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ED = generateKeyPairSync('ed25519').privateKey;

function makeSettings(changes: Partial<AssertionSettings> = {}): AssertionSettings {
  return {
    keyPem: toPem(EC),
    keyId: undefined,
    algorithm: 'ES256',
    ttlMs: 60_000,
    audience: 'https://weather.internal/mcp',
    issuer: 'https://mcp.example.com',
    header: 'authorization',
    ...changes,
  };
}

let serial = 0;
const deps = { nowMs: () => NOW_S * 1000 + 999, randomId: () => `id-${++serial}` };
const toDigest = (body: Buffer): string => createHash('sha256').update(body).digest('base64url');

async function sign(settings: AssertionSettings, parts: RoutedParts = {}): Promise<string> {
  const [name, value = ''] = await makeAssertionCredential(settings, deps)(makeRouted(parts));
  assert.equal(name, settings.header);
  return settings.header === 'authorization' ? value.replace(/^Bearer /, '') : value;
}

/** Checks an assertion as an upstream would. */
function verify(assertion: string, settings: AssertionSettings, atS = NOW_S) {
  return jwtVerify(assertion, createLocalJWKSet(toPublicJwks([settings]) as JSONWebKeySet), {
    issuer: settings.issuer,
    audience: settings.audience,
    typ: 'tollgate-assertion+jwt',
    algorithms: [settings.algorithm],
    requiredClaims: ['exp', 'iat', 'jti', 'sub', 'request_digest'],
    currentDate: new Date(atS * 1000),
  });
}

const KEYS: readonly (readonly [what: string, pem: string, algorithm: string])[] = [
  ['EC P-256', toPem(EC), 'ES256'],
  ['EC P-256 in the form of SEC 1', toPem(EC, 'sec1'), 'ES256'],
  ['EC P-384', toPem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'ES384'],
  ['RSA', toPem(RSA), 'RS256'],
  ['RSA in the form of PKCS 1', toPem(RSA, 'pkcs1'), 'PS512'],
  ['Ed25519', toPem(ED), 'EdDSA'],
  ['Ed25519 under its newer name', toPem(ED), 'Ed25519'],
];

for (const [what, keyPem, algorithm] of KEYS) {
  test(`signed with ${what} (${algorithm}), it is verified with the published keys`, async () => {
    const settings = makeSettings({ keyPem, algorithm });
    const { protectedHeader } = await verify(await sign(settings), settings);
    const [jwk] = toPublicJwks([settings]).keys;
    assert(jwk !== undefined);
    assert.equal(jwk.kid, await calculateJwkThumbprint(jwk as JSONWebKeySet['keys'][number]));
    assert.deepEqual(protectedHeader, { alg: algorithm, kid: jwk.kid, typ: 'tollgate-assertion+jwt' });
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert(!Object.hasOwn(jwk, secret), secret);
  });
}

test('it says for whom, through whom and for which request the gateway calls', async () => {
  const settings = makeSettings();
  const body = Buffer.from('{"jsonrpc":"2.0"}');
  const principal = makePrincipal({ scopes: ['weather:read', 'weather:write'] });
  const { payload } = await verify(await sign(settings, { principal, body }), settings);
  assert.deepEqual(payload, {
    iss: 'https://mcp.example.com',
    aud: 'https://weather.internal/mcp',
    sub: 'ada',
    subject_issuer: 'https://issuer.example',
    act: { sub: 'https://mcp.example.com', act: { iss: 'https://issuer.example', sub: 'agent' } },
    client_id: 'agent',
    scope: 'weather:read weather:write',
    iat: NOW_S,
    exp: NOW_S + 60,
    jti: payload.jti,
    mcp_method: 'tools/call',
    mcp_name: 'get_forecast',
    request_digest: toDigest(body),
  });
});

test('an anonymous caller is called so, and is nobody of any issuer', async () => {
  const settings = makeSettings();
  const { payload } = await verify(await sign(settings, { principal: ANONYMOUS }), settings);
  assert.equal(payload.sub, 'anonymous');
  assert.deepEqual(payload['act'], { sub: 'https://mcp.example.com' });
  for (const name of ['subject_issuer', 'client_id', 'scope']) assert(!Object.hasOwn(payload, name), name);
});

test('a caller without client and scopes, on a method without name, leaves those claims out', async () => {
  const settings = makeSettings();
  const principal = makePrincipal({ client: '' });
  const { payload } = await verify(
    await sign(settings, { principal, method: 'tools/list', name: undefined }),
    settings,
  );
  assert.deepEqual(payload['act'], { sub: 'https://mcp.example.com' });
  for (const name of ['client_id', 'scope', 'mcp_name']) assert(!Object.hasOwn(payload, name), name);
});

test('another body has another digest, down to a space', async () => {
  const settings = makeSettings();
  const body = Buffer.from('{"arguments":{"amount":1}}');
  const { payload } = await verify(await sign(settings, { body }), settings);
  assert.equal(payload['request_digest'], toDigest(body));
  for (const other of ['{"arguments":{"amount":9}}', '{"arguments":{"amount":1}} ', '']) {
    assert.notEqual(payload['request_digest'], toDigest(Buffer.from(other)));
  }
});

test('it is not taken by another audience, after its time, altered, or with foreign keys', async () => {
  const settings = makeSettings();
  const assertion = await sign(settings);
  const [header, payload = '', signature] = assertion.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
  await assert.rejects(verify(assertion, { ...settings, audience: 'https://files.internal/mcp' }));
  await assert.rejects(verify(assertion, settings, NOW_S + 60));
  await assert.rejects(verify(`${header}.${altered}.${signature}`, settings));
  await assert.rejects(verify(assertion, { ...settings, keyPem: KEYS[2]?.[1] ?? '', algorithm: 'ES384' }));
});

test('each one has an id of its own, also for the same request', async () => {
  const settings = makeSettings();
  const [one, other] = await Promise.all([sign(settings), sign(settings)]);
  assert.notEqual((await verify(one, settings)).payload.jti, (await verify(other, settings)).payload.jti);
});

test('a lifetime below a second is rounded up, not down to nothing', async () => {
  const settings = makeSettings({ ttlMs: 1 });
  const { payload } = await verify(await sign(settings), settings);
  assert.equal(payload.exp, NOW_S + 1);
});

test('in a header of its own it stands bare', async () => {
  const settings = makeSettings({ header: 'x-caller' });
  const headers = await makeAssertionCredential(settings, deps)(makeRouted());
  assert.equal(headers[0], 'x-caller');
  assert.match(headers[1] ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
});

test('whatever a caller calls itself or its tool, the header stays one line', async () => {
  const settings = makeSettings();
  const hostile = 'x\r\nx-admin: yes\0ä\ud800';
  const principal = makePrincipal({ subject: hostile, client: hostile, scopes: [hostile] });
  const headers = await makeAssertionCredential(settings, deps)(makeRouted({ principal, name: hostile }));
  assert.match(headers[1] ?? '', /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  const { payload } = await verify((headers[1] ?? '').slice(7), settings);
  assert.deepEqual([payload.sub, payload['mcp_name']], [hostile, hostile]);
});

test("the caller's token is not in it", async () => {
  const assertion = await sign(makeSettings(), { bearer: 'canary' });
  const [header = '', payload = ''] = assertion.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  assert(!`${header}${payload}`.includes('canary'));
});

test('a configured key id is used, and a key that upstreams share is published once', async () => {
  const named = makeSettings({ keyId: 'k1' });
  assert.equal(decodeProtectedHeader(await sign(named)).kid, 'k1');
  const rsa = makeSettings({ keyPem: toPem(RSA), algorithm: 'RS256' });
  const { keys } = toPublicJwks([named, makeSettings({ keyId: 'k1', audience: 'other' }), rsa]);
  assert.deepEqual(
    keys.map(({ kty, alg, use }) => [kty, alg, use]),
    [
      ['EC', 'ES256', 'sig'],
      ['RSA', 'RS256', 'sig'],
    ],
  );
  assert.deepEqual(toPublicJwks([]), { keys: [] });
});

test('what is no key is refused when it is loaded, not when it is needed', () => {
  assert.throws(
    () => makeAssertionCredential(makeSettings({ keyPem: 'canary' }), deps),
    (error) => !String(error).includes('canary'),
  );
});
