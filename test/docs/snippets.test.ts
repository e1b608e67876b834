// The configurations in the documentation pass the check, and read tokens of the shape that the page names.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCheck } from '../../gateway/cli/check.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { makeIssuerRegistry } from '../../gateway/identity/issuer-registry.ts';
import { toKnownIssuers } from '../../gateway/identity/known-issuer.ts';
import { readToken } from '../../gateway/identity/read-token.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/identity.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'tollgate-docs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const names = [...PAGE.matchAll(/```yaml\n# (\S+\.yaml)\n([^]*?)```/g)].map(([, name = '', text = '']) => {
  writeFileSync(join(folder, name), text);
  return name;
});
const gateways = names.filter((name) => !name.endsWith('access.yaml'));

function load(name: string): GatewayConfig {
  const loaded = loadConfig(join(folder, name), {});
  assert(loaded.ok);
  return loaded.config;
}

test('the page has a file for each of the issuers it is about', () => {
  assert.deepEqual(gateways, ['keycloak.yaml', 'entra.yaml', 'okta.yaml', 'auth0.yaml', 'google.yaml']);
  assert.equal(PAGE.match(/```yaml/g)?.length, names.length);
});

for (const name of gateways) {
  test(`${name} passes the check as it is`, () => {
    const printed: string[] = [];
    const output = { write: (text: string) => printed.push(text) };
    assert.equal(runCheck({ configFile: join(folder, name), env: {}, out: output, err: output }), 0, printed.join(''));
  });
}

test('the example in the README passes the check as it is', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
  assert.equal(blocks.length, 2);
  mkdirSync(join(folder, 'access'));
  writeFileSync(join(folder, 'readme.yaml'), blocks[0] ?? '');
  writeFileSync(join(folder, 'access/weather.yaml'), blocks[1] ?? '');
  const printed: string[] = [];
  const output = { write: (text: string) => printed.push(text) };
  assert.equal(
    runCheck({ configFile: join(folder, 'readme.yaml'), env: {}, out: output, err: output }),
    0,
    printed.join(''),
  );
});

interface Shape {
  readonly file: string;
  readonly header: object;
  readonly claims: object;
  /** What the principal must have; or the fault. */
  readonly has: { readonly scopes: string[]; readonly groups: string[]; readonly client: string } | string;
}

const TIMES = { iat: 1, exp: 2 };
const READER = { scopes: ['weather:read'], groups: ['weather-admins'], client: 'c' };
const AUD = 'https://mcp.example.com/mcp';

const SHAPES: readonly Shape[] = [
  {
    file: 'keycloak.yaml',
    header: { typ: 'JWT' },
    claims: { aud: AUD, typ: 'Bearer', azp: 'c', scope: 'weather:read', realm_access: { roles: ['weather-admins'] } },
    has: READER,
  },
  { file: 'keycloak.yaml', header: { typ: 'JWT' }, claims: { aud: AUD, typ: 'Bearer', nonce: 'n' }, has: 'id_token' },
  { file: 'keycloak.yaml', header: { typ: 'JWT' }, claims: { aud: AUD, sub: undefined }, has: 'subject' },
  {
    file: 'entra.yaml',
    header: { typ: 'JWT', x5t: 'k' },
    claims: { aud: 'api://mcp.example.com', appid: 'c', scp: 'weather:read', roles: ['weather-admins'], ver: '1.0' },
    has: READER,
  },
  {
    file: 'okta.yaml',
    header: {},
    claims: { aud: AUD, cid: 'c', scp: ['weather:read'], groups: ['weather-admins'], ver: 1 },
    has: READER,
  },
  {
    file: 'auth0.yaml',
    header: { typ: 'at+jwt' },
    claims: {
      aud: [AUD, 'https://example.eu.auth0.com/userinfo'],
      client_id: 'c',
      scope: 'weather:read',
      'https://mcp.example.com/groups': ['weather-admins'],
    },
    has: READER,
  },
  { file: 'auth0.yaml', header: { typ: 'JWT' }, claims: { aud: AUD, azp: 'c' }, has: 'typ' },
  {
    file: 'google.yaml',
    header: { typ: 'JWT' },
    claims: { aud: AUD, azp: 'c', email: 'batch@example.iam.gserviceaccount.com', email_verified: true },
    has: { scopes: [], groups: [], client: 'c' },
  },
  { file: 'google.yaml', header: { typ: 'JWT' }, claims: { aud: 'client', at_hash: 'h' }, has: 'id_token' },
];

for (const { file, header, claims, has } of SHAPES) {
  test(`${file} reads a token with ${Object.keys(claims).join(', ')} as ${JSON.stringify(has)}`, () => {
    const { identity, endpoints } = load(file);
    const deps = { nowMs: () => 0, random: () => 0, fetch, startTimer: () => () => {}, onEvent: () => {} };
    const issuers = toKnownIssuers(identity, makeIssuerRegistry(identity, deps));
    const [name = ''] = issuers.keys();
    const token = [
      { alg: 'RS256', kid: 'k', ...header },
      { iss: name, sub: 's', ...TIMES, ...claims },
      { signature: 1 },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const read = readToken(token, issuers);
    if (typeof has === 'string' || read.fault !== undefined) {
      assert.equal(read.fault, has);
      return;
    }
    const principal = read.issuer.toPrincipal(read.claims, 0);
    assert(principal);
    assert.deepEqual({ scopes: [...principal.scopes], groups: [...principal.groups], client: principal.client }, has);
    const [endpoint] = endpoints.values();
    assert(read.audiences.includes(endpoint?.resource ?? ''));
  });
}
