// The attacker spells a path so that a rule in front and the gateway's router see different endpoints, or uses a verb
// that no rule thought of. Paths are compared exactly; only POST is served.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefusal, attackGateway, NO } from './support/attacked-gateway.ts';

const LONG_PATH = `/${'long-segment.'.repeat(12)}/mcp`;
const attacked = attackGateway({
  config: {
    endpoints: {
      '/mcp': { upstream: 'fleet' },
      '/team/mcp': { upstream: 'fleet' },
      [LONG_PATH]: { upstream: 'fleet' },
    },
  },
});

for (const target of [
  '/',
  '/MCP',
  '/Mcp',
  '/mcp/',
  '//mcp',
  '/mcp//',
  '/./mcp',
  '/mcp/.',
  '/x/../mcp',
  '/../mcp',
  '/team/../mcp',
  '/team%2fmcp',
  '/team%2Fmcp',
  '/team%5cmcp',
  '/team\\mcp',
  '/%6dcp',
  '/mc%70',
  '/%2e/mcp',
  '/x/%2e%2e/mcp',
  '/x/..%2fmcp',
  '/mcp%',
  '/mcp%zz',
  '/mcp%00',
  '/mcp%20',
  '/mcp%0d%0a',
  '/mcp%3fx',
  '/mcp%23x',
  '/%c0%af/mcp',
  '/mcp;x=y',
  '/mcp;',
  '/;/mcp',
  '/mcp.json',
  '/mcp,',
  '/mcp~',
  '/mcp*',
  '/team',
  '/team/',
  '/team//mcp',
  '/team/mcp/mcp',
  '/mcp#',
  '/mcp&x=y',
  '/.well-known',
  '/.well-known/mcp',
  '/.well-known/oauth-protected-resource/nothing',
  '/.well-known/openid-configuration',
  '/metrics',
  '/livez',
  '/readyz',
  '/favicon.ico',
  '/robots.txt',
  '/__proto__',
  '/constructor',
  '/toString',
  '/hasOwnProperty',
  '/undefined',
  '/*',
  '/mcp|x',
  '/mcp"',
  '/mcp<',
  '/%F0%9F%98%80',
  `/${'a'.repeat(5000)}`,
]) {
  test(`the path ${target.slice(0, 60)} is no endpoint`, () => attacked().refuses({ target }, NO.path));
}

for (const [what, target] of [
  ['NUL', '/mcp\0'],
  ['DEL', '/mcp\x7f'],
  ['latin1', '/mcp\xe9'],
  ['no slash', 'mcp'],
  ['a backslash', '\\mcp'],
  ['a space', '/mcp x'],
] as const) {
  test(`a target with ${what} is refused`, async () => {
    const seen = attacked().upstream.hits.length;
    const answer = await attacked().send({ target });
    assertRefusal(answer, answer.status === 404 ? NO.path : NO.http);
    assert.equal(attacked().upstream.hits.length, seen);
    await attacked().servesHonestCall();
  });
}

for (const target of ['/mcp', '/mcp?', '/mcp?x=y', '/mcp?/../x', '/mcp?a?b', '/mcp?%zz', '/team/mcp', LONG_PATH]) {
  test(`${target.slice(0, 40)} is served, at the upstream's own path and without a query`, async () => {
    await attacked().accepts({ target });
    assert.equal(attacked().upstream.hits.at(-2)?.request.url, '/mcp');
  });
}

for (const verb of [
  'GET',
  'DELETE',
  'PUT',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'QUERY',
  'MKCOL',
  'PURGE',
  'LINK',
  'REPORT',
]) {
  for (const body of ['', undefined]) {
    test(`${verb} ${body === '' ? 'without' : 'with'} a body is refused with the verb that is allowed`, async () => {
      const answer = await attacked().getRefusal({ verb, ...(body === '' && { body }) }, NO.verb);
      assert.equal(answer.headers.get('allow'), 'POST');
    });
  }
}

for (const verb of ['BREW', 'post', 'Post', 'POSTS', 'P\tOST', 'POST\0', '"POST"', '']) {
  test(`the verb "${verb}" is no HTTP`, () => attacked().refuses({ verb }, NO.http));
}

test('HEAD is refused without a body', async () => {
  const { answers, rubbish } = await attacked().converse(attacked().toBytes({ verb: 'HEAD', body: '' }), [0]);
  assert.equal(rubbish, '');
  assert.equal(answers.length, 1);
  assert.equal(answers[0]?.status, 405);
  assert.equal(answers[0]?.headers.get('allow'), 'POST');
});

test('a method named in another header or in the query does not override the verb', async () => {
  const more = [['X-HTTP-Method-Override', 'POST'] as const];
  await attacked().refuses({ verb: 'GET', target: '/mcp?_method=POST', more }, NO.verb);
});

test('a path named in another header does not override the target', async () => {
  const more = [['X-Original-URL', '/mcp'] as const, ['X-Rewrite-URL', '/mcp'] as const];
  await attacked().refuses({ target: '/other', more }, NO.path);
});
