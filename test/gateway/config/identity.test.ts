// `identity`: what a sound section becomes, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST, LEAST_CLOSED, makeConfigDir } from './make-config-dir.ts';

const OPEN_RULE = 'rules: [{ id: open, allow: { tools: ["*"] }, to: { everyone: true } }]\n';
const WITH_ACCESS = LEAST_CLOSED.replace('upstream: a', 'upstream: a, access: [open.yaml]');

test('an issuer with nothing but its name gets every default', (t) => {
  const dir = makeConfigDir(t);
  dir.write('open.yaml', OPEN_RULE);
  const config = dir.load(`identity: { issuers: [{ issuer: https://login.test }] }\n${WITH_ACCESS}`);
  assert.equal(config.identity.anonymous, false);
  assert.deepEqual(config.identity.issuers, [
    {
      issuer: 'https://login.test',
      jwksUri: undefined,
      algorithms: ['RS256', 'ES256', 'EdDSA', 'PS256'],
      tokenTypes: ['at+jwt'],
      claims: { scopes: 'scope', groups: 'groups', client: 'client_id' },
      scopeImplies: new Map(),
    },
  ]);
});

test('every key of identity is taken over', (t) => {
  const { identity } = makeConfigDir(t).load(`
identity:
  anonymous: true
  clockSkew: 0
  issuers:
    - issuer: HTTPS://Login.test:443/a%20b/
      jwksUri: https://Login.test/keys?p=1
      algorithms: [ES512, Ed25519, ES512]
      tokenTypes: [JWT, Application/AT+JWT, at+jwt]
      claims: { scopes: scp, groups: realm_access.roles, client: "https://a.test/client" }
      scopeImplies: { "w:admin": ["w:write", x], "w:write": ["w:read"], other: [x] }
    - issuer: http://[::1]:9000
  keys: { refresh: 1m, cooldown: 1s, staleFor: 2h, timeout: 500ms, atStart: fail }
  metadataPassage: true
${LEAST_CLOSED}`);
  const [first, second] = identity.issuers;
  assert.deepEqual(first, {
    issuer: 'HTTPS://Login.test:443/a%20b/',
    jwksUri: 'https://login.test/keys?p=1',
    algorithms: ['ES512', 'Ed25519'],
    tokenTypes: ['jwt', 'at+jwt'],
    claims: { scopes: 'scp', groups: 'realm_access.roles', client: 'https://a.test/client' },
    scopeImplies: new Map([
      ['w:admin', ['w:write', 'x', 'w:read']],
      ['w:write', ['w:read']],
      ['other', ['x']],
    ]),
  });
  assert.equal(second?.issuer, 'http://[::1]:9000');
  const { issuers: _, ...rest } = identity;
  assert.deepEqual(rest, {
    anonymous: true,
    clockSkewMs: 0,
    keys: { refreshMs: 60_000, cooldownMs: 1_000, staleForMs: 7_200_000, timeoutMs: 500, atStart: 'fail' },
    metadataPassage: true,
  });
});

const NOBODY = ['', 'identity: {}', 'identity: { anonymous: false }', 'identity: { issuers: [] }'];
for (const yaml of NOBODY) {
  test(`a gateway that nobody could call is refused: ${JSON.stringify(yaml)}`, (t) => {
    assert.deepEqual(makeConfigDir(t).refuse(`${yaml}\n${LEAST_CLOSED}`), [
      `${yaml === '' ? 2 : 1}:1 identity: nobody could call; configure \`issuers\` or \`anonymous: true\``,
    ]);
  });
}

test('with issuers alone, an endpoint without access files is refused', (t) => {
  const dir = makeConfigDir(t);
  const issuers = 'issuers: [{ issuer: https://login.test }]';
  assert.deepEqual(dir.refuse(`identity: { ${issuers} }\n${LEAST_CLOSED}`), [
    '4:3 endpoints./mcp: no rule allows anything on this endpoint; name `access` files',
  ]);
  assert.equal(
    dir.load(`identity: { ${issuers}, anonymous: true }\n${LEAST_CLOSED}`).endpoints.get('/mcp')?.access,
    undefined,
  );
});

const REFUSED: readonly [string, string, RegExp][] = [
  ['the word yes for a boolean', 'anonymous: yes', /identity\.anonymous: expected true or false, found `yes`$/],
  ['a skew of more than 5 minutes', 'clockSkew: 6m', /^1:13 identity\.clockSkew: .*or 0, at most 5m, found `6m`$/],
  ['an issuer without a name', 'issuers: [{}]', /issuers\[0\]\.issuer: is required: expected an https URL/],
  ['a text as an issuer', 'issuers: [https://a.test]', /issuers\[0\]: expected a mapping, found `https:\/\/a\.test`$/],
  ['one mapping for the list', 'issuers: { issuer: https://a.test }', /issuers: expected a list, found a mapping$/],
  [
    'no algorithm',
    'issuers: [{ issuer: https://a.test, algorithms: [] }]',
    /algorithms: expected at least one algorithm/,
  ],
  [
    'a symmetric algorithm',
    'issuers: [{ issuer: https://a.test, algorithms: [RS256, HS256] }]',
    /algorithms\[1\]: expected one of RS256, .*: with HMAC, whoever can check a token can make one, found `HS256`$/,
  ],
  [
    'no signature at all',
    'issuers: [{ issuer: https://a.test, algorithms: [none] }]',
    /without a signature anyone can make a token, found `none`$/,
  ],
  ['an algorithm in lower case', 'issuers: [{ issuer: https://a.test, algorithms: [rs256] }]', /found `rs256`$/],
  ['an unknown algorithm', 'issuers: [{ issuer: https://a.test, algorithms: [ES256K] }]', /found `ES256K`$/],
  ['a token type with a space', 'issuers: [{ issuer: https://a.test, tokenTypes: ["at jwt"] }]', /tokenTypes\[0\]/],
  [
    'an empty claim',
    'issuers: [{ issuer: https://a.test, claims: { groups: "" } }]',
    /claims\.groups: expected the name/,
  ],
  ['a path with a gap', 'issuers: [{ issuer: https://a.test, claims: { groups: a..b } }]', /found `a\.\.b`$/],
  ['an unknown claim', 'issuers: [{ issuer: https://a.test, claims: { group: a } }]', /did you mean `groups`\?$/],
  [
    'a scope with a quote',
    `issuers: [{ issuer: https://a.test, scopeImplies: { a: ['b"'] } }]`,
    /scopeImplies\.a\[0\]: expected a scope: .* found `b"`$/,
  ],
  [
    'a broad scope with a space',
    'issuers: [{ issuer: https://a.test, scopeImplies: { "a b": [c] } }]',
    /scopeImplies\.a b: is not a valid name here: expected a scope/,
  ],
  [
    'a circle of scopes',
    'issuers: [{ issuer: https://a.test, scopeImplies: { x: [a], a: [b], b: [a] } }]',
    /scopeImplies\.a: implies itself, directly or through others$/,
  ],
  ['a relative key set', 'issuers: [{ issuer: https://a.test, jwksUri: /keys }]', /jwksUri: expected an https URL/],
  ['a key set over plain http', 'issuers: [{ issuer: https://a.test, jwksUri: http://a.test/keys }]', /jwksUri/],
  [
    'a key set with a user name',
    'issuers: [{ issuer: https://a.test, jwksUri: "https://me:pw@a.test/" }]',
    /…@a\.test/,
  ],
  [
    'an issuer twice',
    'issuers: [{ issuer: https://a.test }, { issuer: https://a.test, clams: 1 }]',
    /issuers\[1\]\.issuer: expected each issuer once; `https:\/\/a\.test` is the same as \[0\]$/,
  ],
  [
    'another word for the start',
    'keys: { atStart: never }',
    /keys\.atStart: expected one of wait, fail, found `never`$/,
  ],
  ['keys that are never fetched', 'keys: { refresh: 0 }', /keys\.refresh: .*longer than 0/],
];
for (const [what, identity, expected] of REFUSED) {
  test(`${what} is refused with its place`, (t) => {
    const anonymous = identity.startsWith('anonymous') ? '' : ', anonymous: true';
    const errors = makeConfigDir(t).refuse(`identity: { ${identity}${anonymous} }\n${LEAST_CLOSED}`);
    const told = errors.filter((error) => !error.includes('`clams`'));
    assert.equal(told.length, 1, errors.join('\n'));
    assert.match(told[0] ?? '', expected);
  });
}

const ISSUERS: readonly [string, boolean][] = [
  ['https://a.test', true],
  ['https://a.test/', true],
  ['https://a.test:8443/realms/x', true],
  ['http://localhost:9000', true],
  ['http://127.0.0.1:9000/x', true],
  ['http://127.1.2.3', true],
  ['http://[::1]', true],
  ['http://a.test', false],
  ['http://localhost.a.test', false],
  ['http://127.0.0.1.a.test', false],
  ['http://0.0.0.0', false],
  ['https://a.test?x', false],
  ['https://a.test/?', false],
  ['https://a.test/#', false],
  ['https://me@a.test', false],
  ['https:/a.test', false],
  ['https:a.test', false],
  ['https://', false],
  ['https://a.test:99999', false],
  ['//a.test', false],
  ['a.test', false],
  ['https://é.test', false],
  ['https://a.test/x y', false],
  ['https://a.test\\\\x', false],
  ['https://a.test\\n', false],
  ['file:///etc/passwd', false],
  ['urn:a:b', false],
  ['', false],
];
for (const [issuer, sound] of ISSUERS) {
  test(`${JSON.stringify(issuer)} is ${sound ? 'an' : 'no'} issuer`, (t) => {
    const yaml = `identity: { anonymous: true, issuers: [{ issuer: "${issuer}" }] }\n${LEAST_CLOSED}`;
    const errors = makeConfigDir(t).refuse(yaml);
    assert.equal(errors.length, sound ? 0 : 1, errors.join('\n'));
  });
}

test('whoever names an issuer must name a configured one, and all who do not are told', (t) => {
  const dir = makeConfigDir(t);
  dir.write('open.yaml', OPEN_RULE.replace('everyone: true', 'issuers: [https://b.test, https://c.test]'));
  const errors = dir.refuse(
    `
identity: { anonymous: true, issuers: [{ issuer: https://a.test }, { issuer: "\${B}" }] }
upstreams:
  a: { instances: [https://a/], credential: { exchange: { issuer: https://d.test, clientId: x, clientSecret: y } } }
endpoints:
  /mcp:
    upstream: a
    issuers: [https://a.test, https://A.test, "\${B}"]
    access: [open.yaml]
    extensions: { a/b: { to: { issuers: [https://e.test] } } }
extensions: { a/b: { to: { issuers: [https://b.test, https://f.test/] } } }
`,
    { B: 'https://b.test' },
  );
  const offer = 'expected one of `https://a.test`, what `${B}` gives';
  const last = errors.pop();
  assert.deepEqual(errors, [
    `4:59 upstreams.a.credential.exchange.issuer: names no issuer \`https://d.test\`; ${offer}`,
    `8:31 endpoints./mcp.issuers[1]: names no issuer \`https://A.test\`; ${offer}`,
    `10:42 endpoints./mcp.extensions.a/b.to.issuers[0]: names no issuer \`https://e.test\`; ${offer}`,
    `11:54 extensions.a/b.to.issuers[1]: names no issuer \`https://f.test/\`; ${offer}`,
  ]);
  assert.match(last ?? '', /rules\[0\]\.to\.issuers\[1\]: names no issuer `https:\/\/c\.test`; expected one of/);
});

test('an endpoint may narrow the issuers', (t) => {
  const issuers = 'issuers: [{ issuer: https://a.test }, { issuer: https://b.test }]';
  const yaml = `identity: { anonymous: true, ${issuers} }\n${LEAST_CLOSED}`;
  const narrow = yaml.replace('upstream: a', 'upstream: a, issuers: [https://b.test, https://b.test]');
  assert.deepEqual(makeConfigDir(t).load(narrow).endpoints.get('/mcp')?.issuers, ['https://b.test']);
});

test('a hierarchy of scopes cannot be used to fill the memory', (t) => {
  const dir = makeConfigDir(t);
  const chain = Array.from({ length: 20_000 }, (_, n) => `s${n}: [s${n + 1}]`).join(', ');
  const yaml = LEAST.replace('true', `true, issuers: [{ issuer: https://a.test, scopeImplies: { ${chain} } }]`);
  assert.match(dir.refuse(yaml).join('\n'), /scopeImplies\.s0: takes the pairs beyond 10000$/);
});
