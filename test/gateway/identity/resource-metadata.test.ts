// Protected resource metadata (RFC 9728): where it stands and what it says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResourceMetadata, toMetadataUrl } from '../../../gateway/identity/resource-metadata.ts';

const WEATHER = {
  path: '/weather/mcp',
  resource: 'https://mcp.example.com/weather/mcp',
  issuers: ['https://login.example.com'],
  scopes: ['write', 'offline_access', 'read', 'write'],
};
const ROOT = '/.well-known/oauth-protected-resource';

test('a document names the resource, its issuers, its scopes in order and the way to send a token', () => {
  const document = makeResourceMetadata([WEATHER]).get(`${ROOT}/weather/mcp`);
  assert.equal(
    document,
    '{"resource":"https://mcp.example.com/weather/mcp","authorization_servers":["https://login.example.com"],' +
      '"scopes_supported":["read","write"],"bearer_methods_supported":["header"]}',
  );
});

test('without scopes there is no scopes_supported', () => {
  const document = makeResourceMetadata([{ ...WEATHER, scopes: ['offline_access'] }]).get(ROOT) ?? '';
  assert.deepEqual(Object.keys(JSON.parse(document) as object), [
    'resource',
    'authorization_servers',
    'bearer_methods_supported',
  ]);
});

test('the one endpoint is found at the root too, several are not', () => {
  const other = { ...WEATHER, path: '/mcp', resource: 'https://mcp.example.com/mcp' };
  assert.deepEqual([...makeResourceMetadata([WEATHER]).keys()], [`${ROOT}/weather/mcp`, ROOT]);
  assert.deepEqual([...makeResourceMetadata([WEATHER, other]).keys()], [`${ROOT}/weather/mcp`, `${ROOT}/mcp`]);
});

test('the endpoint at a bare slash stands at the root, whoever else there is', () => {
  const slash = { ...WEATHER, path: '/', resource: 'https://mcp.example.com/' };
  const documents = makeResourceMetadata([WEATHER, slash]);
  assert.match(documents.get(ROOT) ?? '', /"resource":"https:\/\/mcp.example.com\/"/);
  assert.equal(toMetadataUrl('https://mcp.example.com', '/'), `https://mcp.example.com${ROOT}`);
});

test('an endpoint that takes no tokens has no document', () => {
  assert.equal(makeResourceMetadata([{ ...WEATHER, issuers: [] }]).size, 0);
});

test('the URL of a document is the public origin and the path it is served at', () => {
  const url = toMetadataUrl('https://mcp.example.com', WEATHER.path);
  assert.equal(url, 'https://mcp.example.com/.well-known/oauth-protected-resource/weather/mcp');
  assert.ok(makeResourceMetadata([WEATHER]).has(new URL(url).pathname));
});
