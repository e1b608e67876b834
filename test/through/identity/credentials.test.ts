// What proves the gateway to an upstream is what its configuration says, and the caller's token only where that says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, hash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { stringify } from 'yaml';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';
import type { Hit } from '../../support/fake-upstream.ts';
import { sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { type ChildGateway, startChildGateway, toConfig } from '../support/child-gateway.ts';
import { startUpstream } from '../support/start.ts';
import { type AuthorizationServer, startAuthorizationServer } from './support/authorization-server.ts';
import {
  callTool,
  PUBLIC_URL,
  RESOURCE,
  startGuardedGateway,
  toBearer,
  toGuardedConfig,
} from './support/guarded-gateway.ts';
import { SERVICE } from './support/provider-settings.ts';

const UPSTREAM = 'https://weather.internal.example.com/mcp';
const READ = { resource: RESOURCE, scope: 'weather:read' };
const ROOT = join(import.meta.dirname, '../../..');

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-credentials-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A gateway in this process before an upstream with these keys, such as `credential`. */
async function startInside(t: TestContext, keys: object) {
  const server = await startAuthorizationServer(t);
  const upstream = await startUpstream(t);
  const gateway = await startGuardedGateway(t, {
    identity: { issuers: [{ issuer: server.issuer }] },
    config: { upstreams: { fleet: { instances: [upstream.url], paramHeaders: 'forward', ...keys } } },
  });
  return { upstream, gateway, token: await server.mint(READ) };
}

/** A gateway as a process of its own, likewise. */
async function startOutside(t: TestContext, keys: object) {
  const server: AuthorizationServer = await startAuthorizationServer(t);
  const upstream = await startUpstream(t);
  const guarded = await toGuardedConfig(t, { identity: { issuers: [{ issuer: server.issuer }] } });
  const upstreams = { fleet: { instances: [upstream.url], paramHeaders: 'forward', ...keys } };
  const config = toConfig([], { ...guarded, upstreams });
  const gateway: ChildGateway = await startChildGateway(t, config);
  return { server, upstream, gateway, config, token: await server.mint(READ) };
}

const toValues = ({ request }: Hit, name = 'authorization'): readonly string[] => request.headersDistinct[name] ?? [];

/** Runs `tollgate check`. */
const check = (file: string) =>
  spawnSync(process.execPath, ['gateway/cli/tollgate.ts', 'check', '--config', file], {
    cwd: ROOT,
    encoding: 'utf8',
  });

/** Nothing in the request is a part of the caller's token. */
function assertWithout({ request, body }: Hit, token: string): void {
  const seen = `${request.url} ${request.rawHeaders.join('\n')} ${body.toString()}`;
  for (const segment of token.split('.').slice(1)) assert.ok(!seen.includes(segment), seen);
}

test('without a credential the upstream gets none', async (t) => {
  const { upstream, gateway, token } = await startInside(t, {});
  assert.equal((await callTool(gateway.port, token)).status, 200);
  const [hit] = await upstream.waitForHits(1);
  assert.ok(hit);
  assert.deepEqual(toValues(hit), []);
  assertWithout(hit, token);
});

test('a fixed bearer token reaches the upstream, and the caller’s does not', async (t) => {
  const { upstream, gateway, token } = await startInside(t, { credential: { bearer: 'of-the-gateway' } });
  assert.equal((await callTool(gateway.port, token)).status, 200);
  const [hit] = await upstream.waitForHits(1);
  assert.ok(hit);
  assert.deepEqual(toValues(hit), ['Bearer of-the-gateway']);
  assertWithout(hit, token);
});

test('a fixed header reaches the upstream once, whatever the caller sends under its name', async (t) => {
  const credential = { header: { name: 'X-Api-Key', value: 'of-the-gateway' } };
  const { upstream, gateway, token } = await startInside(t, { credential });
  for (const extra of [[], [['x-api-key', 'of-the-caller']], [['X-API-KEY', token]]] as const) {
    const lines = [...toHeaderLines('tools/call', 'read_station'), ...toBearer(token), ...extra];
    const body = toRequestBody('tools/call', { name: 'read_station', arguments: {} });
    assert.equal((await sendRaw({ port: gateway.port, lines, body })).status, 200);
    const hit = upstream.hits.at(-1) as Hit;
    assert.deepEqual([toValues(hit, 'x-api-key'), toValues(hit)], [['of-the-gateway'], []]);
    assertWithout(hit, token);
  }
});

test('a bearer token in a file is read again when the file changes, and a bad file keeps the last one', async (t) => {
  const file = join(await makeFolder(t), 'token');
  const write = async (text: string): Promise<void> => {
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, file);
  };
  await write('first-of-the-gateway\n');
  const { upstream, gateway, token } = await startOutside(t, { credential: { bearer: { file } } });
  const call = async (): Promise<readonly string[]> => {
    assert.equal((await callTool(gateway.port, token)).status, 200);
    const hit = upstream.hits.at(-1) as Hit;
    assertWithout(hit, token);
    return toValues(hit);
  };
  assert.deepEqual(await call(), ['Bearer first-of-the-gateway']);

  await write('second-of-the-gateway\n');
  await gateway.waitForLog('configuration in force', 1, 6_000);
  assert.deepEqual(await call(), ['Bearer second-of-the-gateway']);

  await write('third-of-the-gateway\nand more');
  await gateway.waitForLog('configuration kept: the new one has errors', 1, 6_000);
  assert.deepEqual(await call(), ['Bearer second-of-the-gateway']);

  await write('  fourth-of-the-gateway  ');
  gateway.kill('SIGHUP');
  await gateway.waitForLog('configuration in force', 2, 6_000);
  assert.deepEqual(await call(), ['Bearer fourth-of-the-gateway']);
  assert.doesNotMatch(JSON.stringify(gateway.log), /of-the-gateway/);
});

test('an assertion is about this request and this caller, and the published keys verify it', async (t) => {
  const key = join(await makeFolder(t), 'key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const { server, upstream, gateway, token } = await startOutside(t, {
    resource: UPSTREAM,
    credential: { assertion: { key } },
  });
  const published = await gateway.ask('/.well-known/jwks.json');
  assert.equal(published.status, 200);
  const jwks = JSON.parse(published.text) as JSONWebKeySet;
  assert.equal(jwks.keys.length, 1);
  assert.equal(jwks.keys[0]?.d, undefined);

  const ids = new Set<unknown>();
  for (const text of ['plain', 'äöü 🌧 "quoted" \u2028']) {
    const lines = [...toHeaderLines('tools/call', 'read_station'), ...toBearer(token)];
    const body = toRequestBody('tools/call', { name: 'read_station', arguments: { text } });
    assert.equal((await sendRaw({ port: gateway.port, lines, body: ` ${body}\n` })).status, 200);
    const hit = upstream.hits.at(-1) as Hit;
    assertWithout(hit, token);
    const [value = '', ...others] = toValues(hit);
    assert.equal(others.length, 0);
    const assertion = value.replace(/^Bearer /, '');
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
      issuer: PUBLIC_URL,
      audience: UPSTREAM,
      typ: 'tollgate-assertion+jwt',
    });
    assert.equal(decodeProtectedHeader(assertion).kid, jwks.keys[0]?.kid);
    const { iat = 0, exp = 0, jti, ...claims } = payload;
    assert.equal(exp - iat, 60);
    assert.ok(Math.abs(Date.now() / 1000 - iat) < 30);
    ids.add(jti);
    assert.deepEqual(claims, {
      iss: PUBLIC_URL,
      aud: UPSTREAM,
      sub: SERVICE.id,
      subject_issuer: server.issuer,
      act: { sub: PUBLIC_URL, act: { iss: server.issuer, sub: SERVICE.id } },
      client_id: SERVICE.id,
      scope: READ.scope,
      mcp_method: 'tools/call',
      mcp_name: 'read_station',
      request_digest: hash('sha256', hit.body, 'base64url'),
    });
  }
  assert.equal(ids.size, 2);
});

test('an assertion in a header of its own comes without a scheme, and a spoiled one is not the gateway’s', async (t) => {
  const key = join(await makeFolder(t), 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const assertion = {
    key,
    keyId: 'gateway-1',
    ttl: '30s',
    header: 'X-Caller',
    audience: 'weather',
    issuer: 'urn:tollgate',
  };
  const { upstream, gateway, token } = await startOutside(t, { credential: { assertion } });
  const lines = [...toHeaderLines('tools/list'), ...toBearer(token), ['x-caller', 'forged'] as const];
  assert.equal((await sendRaw({ port: gateway.port, lines, body: toRequestBody('tools/list') })).status, 200);
  const hit = upstream.hits.at(-1) as Hit;
  const [value = '', ...others] = toValues(hit, 'x-caller');
  assert.deepEqual([others, toValues(hit)], [[], []]);
  const jwks = createLocalJWKSet(JSON.parse((await gateway.ask('/.well-known/jwks.json')).text) as JSONWebKeySet);
  const expected = { issuer: 'urn:tollgate', audience: 'weather' };
  const { payload, protectedHeader } = await jwtVerify(value, jwks, expected);
  assert.deepEqual([protectedHeader.kid, (payload.exp ?? 0) - (payload.iat ?? 0)], ['gateway-1', 30]);
  assert.equal(payload['request_digest'], hash('sha256', hit.body, 'base64url'));
  assert.equal(Object.hasOwn(payload, 'mcp_name'), false);
  const [head, claims = '', signature] = value.split('.');
  const changed = Buffer.from(Buffer.from(claims, 'base64url').toString().replace(SERVICE.id, 'root'));
  await assert.rejects(jwtVerify([head, changed.toString('base64url'), signature].join('.'), jwks, expected));
});

test('with forward: same-resource the caller’s own token reaches the upstream', async (t) => {
  const keys = { resource: RESOURCE, credential: { forward: 'same-resource' } };
  const { upstream, gateway, token } = await startInside(t, keys);
  assert.equal((await callTool(gateway.port, token)).status, 200);
  const [hit] = await upstream.waitForHits(1);
  assert.ok(hit);
  assert.deepEqual(toValues(hit), [`Bearer ${token}`]);
});

test('forward: same-resource is refused unless the resource is the same everywhere', async (t) => {
  const folder = await makeFolder(t);
  const forwarding = { instances: ['http://127.0.0.1:9/mcp'], credential: { forward: 'same-resource' } };
  const guarded = await toGuardedConfig(t, { identity: { issuers: [{ issuer: 'https://login.example.com' }] } });
  const { '/mcp': endpoint } = guarded.endpoints;
  const write = async (name: string, fleet: object, others: object = {}): Promise<string> => {
    const file = join(folder, `${name}.yaml`);
    const endpoints = { '/mcp': endpoint, ...others };
    await writeFile(file, stringify(toConfig([], { ...guarded, upstreams: { fleet }, endpoints })));
    return file;
  };
  const same = await write('same', { ...forwarding, resource: RESOURCE });
  assert.equal(check(same).status, 0, check(same).stderr);
  for (const file of [
    await write('none', forwarding),
    await write('other', { ...forwarding, resource: UPSTREAM }),
    await write('close', { ...forwarding, resource: `${RESOURCE}/` }),
    await write('second', { ...forwarding, resource: RESOURCE }, { '/other': endpoint }),
    await write(
      'routed',
      { ...forwarding, resource: RESOURCE },
      {
        '/other': { access: endpoint.access, routes: [{ upstream: 'fleet' }] },
      },
    ),
  ]) {
    const loaded = loadConfig(file, {});
    assert.ok(!loaded.ok, file);
    assert.equal(loaded.errors.length, 1);
    assert.match(loaded.errors.map(formatConfigError).join('\n'), /upstreams\.fleet\.credential\.forward/, file);
    const { status, stdout, stderr } = check(file);
    assert.notEqual(status, 0, file);
    assert.match(stdout + stderr, /upstreams\.fleet\.credential\.forward/);
  }
});
