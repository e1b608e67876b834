// What a client without a token is told: challenges and metadata documents, to the letter, built from configuration alone.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type HeaderLines, type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import type { Gateway } from '../support/start.ts';
import { type AuthorizationServer, startAuthorizationServer } from './support/authorization-server.ts';
import {
  callTool,
  METADATA_URL,
  RESOURCE,
  startGuardedGateway,
  toBearer,
  toReason,
  writeAccess,
} from './support/guarded-gateway.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const METADATA = `resource_metadata="${METADATA_URL}"`;
const SCOPES = 'scope="weather:read weather:write"';

async function start(t: TestContext, config: object = {}): Promise<[AuthorizationServer, Gateway]> {
  const server = await startAuthorizationServer(t);
  return [server, await startGuardedGateway(t, { identity: { issuers: [{ issuer: server.issuer }] }, config })];
}

const get = (port: number, target: string, lines: HeaderLines = [], verb = 'GET'): Promise<RawAnswer> =>
  sendRaw({ port, target, lines, body: '', verb });

function toChallenge({ status, headers }: RawAnswer): [number, string | undefined] {
  return [status, headers.get('www-authenticate')];
}

test('every challenge is exactly what the specification asks for', async (t) => {
  const [server, { port }] = await start(t);
  const reader = await server.mint({ resource: RESOURCE, scope: 'weather:read' });
  const nobody = await server.mint({ resource: RESOURCE });
  const foreign = await server.mint({ resource: 'https://other.example.com/mcp', scope: 'weather:read' });
  const call = { port, body: toRequestBody('tools/call', { name: 'read_station' }) };
  const lines = toHeaderLines('tools/call', 'read_station');

  assert.deepEqual(toChallenge(await callTool(port)), [401, `Bearer ${METADATA}, ${SCOPES}`]);
  const invalid = [401, `Bearer ${METADATA}, ${SCOPES}, error="invalid_token"`];
  assert.deepEqual(toChallenge(await callTool(port, foreign)), invalid);
  assert.deepEqual(toChallenge(await callTool(port, 'no.token.atall')), invalid);
  assert.deepEqual(
    toChallenge(await sendRaw({ ...call, lines: [...lines, ['Authorization', 'Basic YTpi']] })),
    invalid,
  );
  const misplaced = [400, `Bearer ${METADATA}, ${SCOPES}, error="invalid_request"`];
  const twice = [...lines, ...toBearer(reader), ...toBearer(reader)];
  assert.deepEqual(toChallenge(await sendRaw({ ...call, lines: twice })), misplaced);
  assert.deepEqual(toChallenge(await sendRaw({ ...call, lines, target: `/mcp?access_token=${reader}` })), misplaced);

  const short = 'error="insufficient_scope"';
  assert.deepEqual(toChallenge(await callTool(port, reader, 'write_station')), [
    403,
    `Bearer ${METADATA}, ${SCOPES}, ${short}`,
  ]);
  assert.deepEqual(toChallenge(await callTool(port, nobody, 'read_station')), [
    403,
    `Bearer ${METADATA}, scope="weather:read", ${short}`,
  ]);
  const denied = await callTool(port, reader, 'delete_station');
  assert.deepEqual([...toChallenge(denied), toReason(denied)], [403, undefined, 'denied']);
});

test('the metadata of the one endpoint is served at its own path and at the root, cacheable and to any page', async (t) => {
  const [server, { port }] = await start(t);
  for (const target of [`${WELL_KNOWN}/mcp`, WELL_KNOWN]) {
    for (const lines of [
      [],
      [['Origin', 'https://inspector.example']],
      [['Host', 'mcp.example.com']],
    ] as HeaderLines[]) {
      const answer = await get(port, target, lines);
      assert.equal(answer.status, 200, target);
      assert.deepEqual(JSON.parse(answer.text), {
        resource: RESOURCE,
        authorization_servers: [server.issuer],
        scopes_supported: ['weather:read', 'weather:write'],
        bearer_methods_supported: ['header'],
      });
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      assert.match(answer.headers.get('cache-control') ?? '', /^public, max-age=\d+$/);
      assert.equal(answer.headers.has('set-cookie'), false);
    }
  }
});

test('a page may ask first whether it may read the metadata, and nothing but reading is possible', async (t) => {
  const [, { port }] = await start(t);
  const target = `${WELL_KNOWN}/mcp`;
  const preflight: HeaderLines = [
    ['Origin', 'https://inspector.example'],
    ['Access-Control-Request-Method', 'GET'],
    ['Access-Control-Request-Headers', 'mcp-protocol-version'],
  ];
  const answer = await get(port, target, preflight, 'OPTIONS');
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.match(answer.headers.get('access-control-allow-methods') ?? '', /\bGET\b/);
  assert.match(answer.headers.get('access-control-allow-headers') ?? '', /\bmcp-protocol-version\b/i);
  for (const verb of ['POST', 'PUT', 'DELETE']) assert.equal((await get(port, target, [], verb)).status, 405, verb);
  const others = [
    `${WELL_KNOWN}/mcp/`,
    `${WELL_KNOWN}/other`,
    `${WELL_KNOWN}//mcp`,
    '/.well-known/openid-configuration',
  ];
  for (const other of others) assert.equal((await get(port, other)).status, 404, other);
  const rebound = await get(port, target, [['Host', 'evil.example']]);
  assert.deepEqual([rebound.status, rebound.text.includes(RESOURCE)], [403, false]);
});

test('a page of an allowed origin can read the challenge, another one is refused', async (t) => {
  const [, { port }] = await start(t, { allowedOrigins: ['https://app.example'] });
  const call = { port, body: toRequestBody('tools/list') };
  const lines = toHeaderLines('tools/list');
  const allowed = await sendRaw({ ...call, lines: [...lines, ['Origin', 'https://app.example']] });
  assert.equal(allowed.status, 401);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(allowed.headers.get('access-control-expose-headers') ?? '', /\bWWW-Authenticate\b/);
  const other = await sendRaw({ ...call, lines: [...lines, ['Origin', 'https://evil.example']] });
  assert.deepEqual([other.status, other.headers.get('access-control-allow-origin')], [403, undefined]);
});

test('of two endpoints each has its own document and audience, and the root has none', async (t) => {
  const access = [await writeAccess(t)];
  const endpoints = {
    '/mcp': { upstream: 'fleet', access },
    '/team/a': { upstream: 'fleet', access, resource: 'https://a.example.org/things' },
  };
  const [server, { port }] = await start(t, { endpoints });
  assert.equal((await get(port, WELL_KNOWN)).status, 404);
  const { resource } = JSON.parse((await get(port, `${WELL_KNOWN}/team/a`)).text) as { resource: string };
  assert.equal(resource, 'https://a.example.org/things');
  const own = await server.mint({ resource: RESOURCE, scope: 'weather:read' });
  const other = await server.mint({ resource, scope: 'weather:read' });
  assert.equal((await callTool(port, own)).status, 200);
  assert.equal((await callTool(port, other)).status, 401);
  assert.equal((await callTool(port, other, 'read_station', '/team/a')).status, 200);
  const refused = await callTool(port, own, 'read_station', '/team/a');
  assert.match(
    refused.headers.get('www-authenticate') ?? '',
    /resource_metadata="[^"]+\/oauth-protected-resource\/team\/a"/,
  );
});
