// Scopes, groups and client are read where the issuer keeps them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePrincipal } from '../../../gateway/identity/make-principal.ts';
import { makeIssuerSettings } from './identity-stage.ts';

const ISSUER = 'https://login.example.com';

function read(
  claims: Readonly<Record<string, unknown>>,
  where: { readonly scopes?: string; readonly groups?: string; readonly client?: string } = {},
  implies: readonly (readonly [string, readonly string[]])[] = [],
) {
  const settings = makeIssuerSettings(ISSUER, {
    claims: { scopes: 'scope', groups: 'groups', client: 'client_id', ...where },
    scopeImplies: new Map(implies),
  });
  return compilePrincipal(settings)({ sub: 'alice', ...claims }, 1);
}

const SHAPES: readonly (readonly [
  what: string,
  claims: Readonly<Record<string, unknown>>,
  where: Parameters<typeof read>[1],
  expected: { readonly scopes?: readonly string[]; readonly groups?: readonly string[]; readonly client?: string },
])[] = [
  ['RFC 9068', { scope: 'a b', client_id: 'c', groups: ['g'] }, {}, { scopes: ['a', 'b'], groups: ['g'], client: 'c' }],
  [
    'Keycloak',
    { scope: 'openid a', azp: 'c', realm_access: { roles: ['r'] } },
    { groups: 'realm_access.roles', client: 'azp' },
    { scopes: ['openid', 'a'], groups: ['r'], client: 'c' },
  ],
  [
    'Entra ID',
    { scp: 'a b', azp: 'c', roles: ['r'] },
    { scopes: 'scp', groups: 'roles', client: 'azp' },
    { scopes: ['a', 'b'], groups: ['r'], client: 'c' },
  ],
  ['Okta', { scp: ['a', 'b'], cid: 'c' }, { scopes: 'scp', client: 'cid' }, { scopes: ['a', 'b'], client: 'c' }],
  [
    'Auth0',
    { permissions: ['a'], 'https://example.com/groups': ['g'], azp: 'c' },
    { scopes: 'permissions', groups: 'https://example.com/groups', client: 'azp' },
    { scopes: ['a'], groups: ['g'], client: 'c' },
  ],
  ['one group as text', { groups: 'g h' }, {}, { groups: ['g h'] }],
  ['spaces around scopes', { scope: '  a  b ' }, {}, { scopes: ['a', 'b'] }],
  ['an empty scope', { scope: '' }, {}, {}],
  ['nulls', { scope: null, groups: null, client_id: null }, {}, {}],
  ['nothing', {}, {}, {}],
  ['an exact name before a path', { 'a.b': ['exact'], a: { b: ['path'] } }, { groups: 'a.b' }, { groups: ['exact'] }],
  ['a path into an array', { a: ['x'] }, { groups: 'a.0' }, {}],
  ['a path into text', { a: 'x' }, { groups: 'a.length' }, {}],
  ['a path to what every object has', {}, { groups: 'constructor.name', client: 'toString' }, {}],
  ['a path through __proto__', { a: {} }, { groups: 'a.__proto__.b' }, {}],
];

for (const [what, claims, where, { scopes = [], groups = [], client = '' }] of SHAPES) {
  test(`${what}: scopes, groups and client are found`, () => {
    const principal = read(claims, where);
    assert.deepEqual(principal?.scopes, new Set(scopes));
    assert.deepEqual(principal?.groups, new Set(groups));
    assert.equal(principal?.client, client);
  });
}

test('scopes that cannot be read make no principal', () => {
  for (const scope of [1, true, {}, ['a', 1], [['a']]]) assert.equal(read({ scope }), undefined);
  for (const groups of [1, {}, [null]]) assert.equal(read({ groups }), undefined);
  for (const client_id of [1, {}, ['c']]) assert.equal(read({ client_id }), undefined);
});

test('a scope brings along all that it implies, step by step, also in a circle', () => {
  const implies = [
    ['admin', ['write', 'audit']],
    ['write', ['read']],
    ['read', ['write']],
  ] as const;
  assert.deepEqual(read({ scope: 'admin' }, {}, implies)?.scopes, new Set(['admin', 'write', 'audit', 'read']));
  assert.deepEqual(read({ scope: 'read other' }, {}, implies)?.scopes, new Set(['read', 'other', 'write']));
  assert.deepEqual(
    read({ scope: 'constructor __proto__' }, {}, implies)?.scopes,
    new Set(['constructor', '__proto__']),
  );
});

test('nothing of a principal can be changed', () => {
  const principal = read({ a: { b: [{ c: 1 }] } });
  assert.ok(principal !== undefined);
  assert.ok(Object.isFrozen(principal));
  const a = principal.claims['a'] as { b: object[] };
  for (const each of [principal.claims, a, a.b, a.b[0]]) assert.ok(Object.isFrozen(each));
});
