// `WWW-Authenticate`, to the letter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeChallenges } from '../../../gateway/identity/challenge.ts';

const URL_TEXT = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
const METADATA = `Bearer resource_metadata="${URL_TEXT}"`;

test('each challenge names the metadata, the scopes and the error', () => {
  const challenges = makeChallenges({ resourceMetadataUrl: URL_TEXT, scopes: ['read', 'tasks:use', 'read'] });
  const scope = 'scope="read tasks:use"';
  assert.deepEqual(challenges.absent(), { 'www-authenticate': `${METADATA}, ${scope}` });
  assert.deepEqual(challenges.invalid('invalid_token'), {
    'www-authenticate': `${METADATA}, ${scope}, error="invalid_token"`,
  });
  assert.deepEqual(challenges.invalid('invalid_request'), {
    'www-authenticate': `${METADATA}, ${scope}, error="invalid_request"`,
  });
  assert.deepEqual(challenges.required(['a', 'b']), { 'www-authenticate': `${METADATA}, scope="a b"` });
  assert.deepEqual(challenges.insufficient(['a', 'b']), {
    'www-authenticate': `${METADATA}, scope="a b", error="insufficient_scope"`,
  });
});

test('without scopes there is no scope', () => {
  const challenges = makeChallenges({ resourceMetadataUrl: URL_TEXT, scopes: [] });
  assert.deepEqual(challenges.absent(), { 'www-authenticate': METADATA });
});

test('what cannot stand in a scope is left out, and so is offline_access', () => {
  const bad = ['', 'a b', 'a"b', 'a\\b', 'a\r\nX: y', 'é', 'offline_access', '\u007f'];
  const challenges = makeChallenges({ resourceMetadataUrl: URL_TEXT, scopes: [...bad, 'ok'] });
  assert.deepEqual(challenges.absent(), { 'www-authenticate': `${METADATA}, scope="ok"` });
  assert.deepEqual(challenges.insufficient([...bad, "!#$[]~'"]), {
    'www-authenticate': `${METADATA}, scope="!#$[]~'", error="insufficient_scope"`,
  });
});

test('quotes in the URL are escaped, and what a header cannot hold is an error when the gateway starts', () => {
  const challenges = makeChallenges({ resourceMetadataUrl: 'https://h/a"b\\c', scopes: [] });
  assert.deepEqual(challenges.absent(), { 'www-authenticate': 'Bearer resource_metadata="https://h/a\\"b\\\\c"' });
  for (const url of ['https://h/\r\nX: y', 'https://h/é', 'https://h/\0']) {
    assert.throws(() => makeChallenges({ resourceMetadataUrl: url, scopes: [] }), TypeError);
  }
});

test('challenges are made once', () => {
  const challenges = makeChallenges({ resourceMetadataUrl: URL_TEXT, scopes: ['read'] });
  const scopes = ['a'];
  assert.equal(challenges.absent(), challenges.absent());
  assert.equal(challenges.insufficient(scopes), challenges.insufficient(scopes));
});
