// `tollgate test`: what it takes for a pass, what it says of a failure, and its answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePolicyFolder } from './policy-folder.ts';

const RULES = [
  '{ id: readers, allow: { tools: ["get_*"], prompts: [p], resources: ["x://**"] }, to: { scopes: ["x:read"] } }',
  '{ id: both, allow: { tools: [put] }, to: { scopes: ["x:read", "x:write"] } }',
  '{ id: team, allow: { tools: ["*"] }, to: { groups: [team], clients: [app] } }',
  '{ id: never, deny: { tools: [get_secret], resources: ["x://secret/**"] } }',
  '{ id: small, deny: { tools: [get_page] }, when: args.n > 9007199254740992 }',
  '{ id: soon, mode: shadow, deny: { tools: [get_old] } }',
];

const file = (...cases: readonly string[]): string =>
  `endpoint: /mcp\ncases:\n${cases.map((one) => `  - { name: it, ${one} }\n`).join('')}`;
const READER = 'as: { scopes: ["x:read"] }';
const call = (name: string, more = ''): string => `call: { method: tools/call, name: ${name}${more} }`;

const PASSING: readonly (readonly [title: string, one: string])[] = [
  ['an allow, and the rule that gave it', `${READER}, ${call('get_x')}, expect: allow, rule: readers`],
  ['an implied scope', `as: { scopes: ["x:admin"] }, ${call('get_x')}, expect: allow`],
  ['a deny, and its rule', `${READER}, ${call('get_secret')}, expect: deny, rule: never`],
  ['a deny by no rule', `${READER}, ${call('other')}, expect: deny, rule: none`],
  [
    'a challenge, with all scopes of the rule',
    `${READER}, ${call('put')}, expect: challenge, rule: both, scopes: ["x:write", "x:read"]`,
  ],
  ['a caller without a token', `as: { anonymous: true }, ${call('get_x')}, expect: challenge, rule: none`],
  [
    'groups and client of another issuer, where it keeps them',
    `as: { issuer: https://two.example.com, groups: [team], client: app }, ${call('any')}, expect: allow, rule: team`,
  ],
  [
    'the same as claims of the token',
    `as: { issuer: https://two.example.com, claims: { realm_access: { roles: [team] }, azp: app } }, ${call('any')}, expect: allow`,
  ],
  ['a claim of the wrong type', `as: { claims: { scope: { a: 1 } } }, ${call('get_x')}, expect: refuse`],
  [
    'a method of an extension that nobody was granted',
    `${READER}, call: { method: tasks/get, name: get_x }, expect: refuse`,
  ],
  [
    'a list',
    `${READER}, call: { method: tools/list }, expect: allow, shows: [get_x, get_page], hides: [put, get_secret]`,
  ],
  [
    'a list of URIs',
    `${READER}, call: { method: resources/list }, expect: allow, shows: ["x://a"], hides: ["x://secret/a", "y://a"]`,
  ],
  [
    'a list of templates',
    `${READER}, call: { method: resources/templates/list }, expect: allow, shows: ["x://a/{b}"], hides: ["y://{b}"]`,
  ],
  ['a list without any right', `as: {}, call: { method: prompts/list }, expect: allow, hides: [p]`],
  ['a completion of a prompt', `${READER}, call: { method: completion/complete, name: p }, expect: allow`],
  ['a completion of a template', `${READER}, call: { method: completion/complete, name: "y://{a}" }, expect: deny`],
  ['listening to a resource', `${READER}, call: { method: subscriptions/listen, name: "x://a" }, expect: allow`],
  [
    'listening to one that is cut',
    `${READER}, call: { method: subscriptions/listen, name: "x://secret/a" }, expect: deny, rule: never`,
  ],
  ['listening to lists', `${READER}, call: { method: subscriptions/listen }, expect: allow`],
  ['discovery', `${READER}, call: { method: server/discover }, expect: allow`],
  [
    'a URI that climbs',
    `${READER}, call: { method: resources/read, name: "x://a/../secret/b" }, expect: deny, rule: none`,
  ],
  ['a name with an escape', `${READER}, ${call('"get_\\u200bsecret"')}, expect: deny, rule: never`],
  ['a number that a double holds', `${READER}, ${call('get_page', ', args: { n: 9007199254740992 }')}, expect: allow`],
  [
    'the number after it, which no double holds',
    `${READER}, ${call('get_page', ', args: { n: 9007199254740993 }')}, expect: deny, rule: small`,
  ],
  ['a number without end', `${READER}, ${call('get_page', ', args: { n: 1e400 }')}, expect: deny, rule: small`],
  ['an argument that is not there', `${READER}, ${call('get_page')}, expect: deny, rule: small`],
  ['a rule in shadow mode', `${READER}, ${call('get_old')}, expect: allow, rule: readers, shadow: soon`],
  ['no rule in shadow mode', `${READER}, ${call('get_x')}, expect: allow, shadow: none`],
];

for (const [title, one] of PASSING) {
  test(`passes: ${title}`, async (t) => {
    const { code, out, err } = await makePolicyFolder(t, RULES).test(file(one));
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    assert.equal(out, 'ok gateway.yaml: 1 of 1 cases are decided as they say\n');
  });
}

const FAILING: readonly (readonly [one: string, says: string])[] = [
  [`${READER}, ${call('get_x')}, expect: deny`, 'expected deny, got allow by readers'],
  [`${READER}, ${call('get_x')}, expect: allow, rule: team`, 'expected allow by team, got allow by readers'],
  [`${READER}, ${call('get_secret')}, expect: allow`, 'expected allow, got deny by never'],
  [`${READER}, ${call('get_secret')}, expect: hide, rule: never`, 'expected hide by never, got deny by never'],
  [`${READER}, ${call('put')}, expect: allow`, 'expected allow, got challenge by both for x:read x:write'],
  [
    `${READER}, ${call('put')}, expect: challenge, scopes: ["x:write"]`,
    'expected challenge for x:write, got challenge for x:read x:write',
  ],
  [`${READER}, ${call('get_x')}, expect: allow, shadow: soon`, 'expected shadow soon, got none'],
  [`${READER}, call: { method: tools/list }, expect: allow, shows: [get_x, put]`, 'the list does not show put'],
  [`${READER}, call: { method: tools/list }, expect: allow, hides: [get_x, put]`, 'the list shows get_x'],
  [`${READER}, call: { method: tasks/get, name: x }, expect: deny`, 'expected deny, got refuse (unknown_method)'],
  [
    `${READER}, call: { method: resources/read, name: "x://%2e" }, expect: allow`,
    'expected allow, got deny by none (uri_percent)',
  ],
  [`as: { claims: { groups: 1 } }, ${call('get_x')}, expect: allow`, 'expected allow, got refuse (token_invalid)'],
];

for (const [one, says] of FAILING) {
  test(`fails, with its place: ${says}`, async (t) => {
    const { code, out, err } = await makePolicyFolder(t, RULES).test(
      file(`${READER}, ${call('get_x')}, expect: allow`, one),
    );
    assert.equal(err, `tests/a.yaml:4:7 it: ${says}\n`);
    assert.equal(out, 'failed gateway.yaml: 1 of 2 cases are decided as they say\n');
    assert.equal(code, 1);
  });
}

test('a file with a fault is told with its line, and the others are run all the same', async (t) => {
  const folder = makePolicyFolder(t, RULES);
  folder.dir.write('tests/b.yml', file(`${READER}, ${call('get_x')}, expect: allow`));
  folder.dir.write('tests/.hidden.yaml', '{');
  folder.dir.write('tests/notes.txt', '{');
  const { code, out, err } = await folder.test('endpoint: /mpc\ncases: []\n');
  assert.equal(
    err,
    'tests/a.yaml:1:1 endpoint: names no endpoint `/mpc`; expected one of /mcp\n' +
      'tests/a.yaml:2:1 cases: expected at least one case, found an empty list\n',
  );
  assert.equal(
    out,
    'ok gateway.yaml: 1 of 1 cases are decided as they say, and files with faults, whose cases were not run\n',
  );
  assert.equal(code, 1);
});

test('where there is nothing to test it says so, and that is no failure', async (t) => {
  const folder = makePolicyFolder(t, RULES);
  folder.dir.write('tests/readme.md', '');
  const { runTest } = await import('../../../gateway/cli/test.ts');
  const printed: string[] = [];
  const io = { write: (text: string) => printed.push(text) };
  const code = await runTest({ configFile: folder.dir.file, env: {}, nowMs: () => 0, out: io, err: io });
  assert.equal(code, 0);
  assert.match(printed.join(''), /^nothing was tested: there are no policy tests in .+tests\n$/);
});

test('a configuration with a fault is told, and nothing is run', async (t) => {
  const folder = makePolicyFolder(t, [...RULES, '{ id: readers, deny: { tools: [a] } }']);
  const { code, out, err } = await folder.test(file(`${READER}, ${call('get_x')}, expect: allow`));
  assert.deepEqual({ code, out }, { code: 1, out: '' });
  assert.match(err, /^access\.yaml:8:/);
});

test('where an endpoint hides what it denies, a deny is a hide', async (t) => {
  const gateway = `identity: { issuers: [{ issuer: https://one.example.com }] }
upstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }
endpoints:
  /mcp: { upstream: x, access: [access.yaml], onDeny: hide }
`;
  const { code, err } = await makePolicyFolder(t, RULES, gateway).test(
    file(
      `${READER}, ${call('get_secret')}, expect: hide, rule: never`,
      `${READER}, ${call('put')}, expect: challenge`,
      `${READER}, ${call('get_x')}, expect: allow`,
    ),
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('a task is judged by the tool that began it, and exists for those alone who were granted tasks', async (t) => {
  const gateway = `identity: { issuers: [{ issuer: https://one.example.com }] }
upstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }
endpoints:
  /mcp: { upstream: x, access: [access.yaml] }
extensions: { io.modelcontextprotocol/tasks: { to: { scopes: [tasks] } } }
`;
  const { code, err } = await makePolicyFolder(t, RULES, gateway).test(
    file(
      'as: { scopes: ["x:read", tasks] }, call: { method: tasks/get, name: get_page }, expect: allow, rule: readers',
      'as: { scopes: ["x:read", tasks] }, call: { method: tasks/update, name: get_secret }, expect: deny, rule: never',
      'as: { scopes: ["x:read"] }, call: { method: tasks/cancel, name: get_page }, expect: refuse',
    ),
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('a condition sees the time of the case, or else the one at which it runs', async (t) => {
  const rules = ['{ id: day, allow: { tools: [t] }, to: { everyone: true }, when: now.getHours() == 12 }'];
  const { code, err } = await makePolicyFolder(t, rules).test(
    file(
      'as: {}, call: { method: tools/call, name: t }, expect: allow',
      'as: {}, call: { method: tools/call, name: t, now: 2026-01-30T13:00:00Z }, expect: deny',
      'as: {}, call: { method: tools/call, name: t, now: 2026-01-30T13:00:00+01:00 }, expect: allow',
    ),
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('a condition sees the parameters of the case, by lower-case name', async (t) => {
  const rules = [
    '{ id: eu, allow: { tools: [t] }, to: { everyone: true }, when: params.region == "eu" && params.level == 3 }',
  ];
  const { code, err } = await makePolicyFolder(t, rules).test(
    file(
      'as: {}, call: { method: tools/call, name: t, params: { Region: eu, level: 3 } }, expect: allow',
      'as: {}, call: { method: tools/call, name: t, params: { Region: us, level: 3 } }, expect: deny',
      'as: {}, call: { method: tools/call, name: t }, expect: deny',
    ),
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('rules are tried before an endpoint names them, and before any issuer is configured', async (t) => {
  const gateway =
    'identity: { anonymous: true }\nupstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }\nendpoints: { /mcp: { upstream: x } }\n';
  const folder = makePolicyFolder(t, RULES, gateway);
  const cases = [
    `${READER}, ${call('get_x')}, expect: allow, rule: readers`,
    `as: {}, ${call('get_x')}, expect: challenge`,
  ];
  const tried = await folder.test(`access: [../access.yaml]\n${file(...cases)}`);
  assert.deepEqual({ code: tried.code, err: tried.err }, { code: 0, err: '' });
  const untried = await folder.test(file(...cases));
  assert.equal(
    untried.err,
    'tests/a.yaml:3:7 it: expected allow by readers, got refuse (token_invalid)\n' +
      'tests/a.yaml:4:7 it: expected challenge, got refuse (token_invalid)\n',
  );
});

test('what a test file holds cannot write to the terminal', async (t) => {
  const { err } = await makePolicyFolder(t, RULES).test(
    file(`${READER}, ${call('get_x')}, expect: allow`).replace('name: it', 'name: "\\x1b[2J"'),
  );
  assert.match(err, /^tests\/a\.yaml:3:7 cases\[0\]\.name: expected a text of 1 to 200 characters on one line/);
  assert.doesNotMatch(err, /[\p{Cc}--\n]/v);
});
