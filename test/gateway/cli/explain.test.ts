// `tollgate explain`: what it prints of a decision, and its answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePolicyFolder } from './policy-folder.ts';

const RULES = [
  '{ id: readers, allow: { tools: ["get_*"], resources: ["x://**"] }, to: { scopes: ["x:read"] } }',
  '{ id: both, allow: { tools: [put] }, to: { scopes: ["x:read", "x:write"], groups: [g] } }',
  '{ id: never, deny: { tools: [get_secret] } }',
  '{ id: small, deny: { tools: [get_page] }, when: args.n > 5 }',
  '{ id: soon, mode: shadow, deny: { tools: [get_old] } }',
];
const READER = { scopes: ['x:read'], subject: 's', client: 'c' };

test('an allowed call: the rule, the policy, and of every rule whether it fits', async (t) => {
  const { code, out, err } = await makePolicyFolder(t, RULES).explain(READER, 'tools/call:get_page', {
    args: '{"n":5}',
  });
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.equal(
    out.replace(/[0-9a-f]{16}/, 'DIGEST'),
    `endpoint  /mcp
call      tools/call get_page
caller    subject s, client c, scopes x:read, no groups, issuer https://one.example.com
decision  allowed by readers
policy    DIGEST

rule     does           fits
readers  allow          yes
both     allow          no: tool not covered; scopes missing: x:write; groups: none of g
never    deny           no: tool not covered
small    deny           no: when: is false
soon     deny (shadow)  no: tool not covered
`,
  );
});

const DECISIONS: readonly (readonly [
  as: object,
  call: string,
  args: string | undefined,
  code: number,
  lines: readonly string[],
])[] = [
  [READER, 'tools/call:get_secret', undefined, 1, ['decision  denied by never', 'answer    403, code 403, denied']],
  [READER, 'tools/call:other', undefined, 1, ['decision  not allowed: no rule allows it']],
  [READER, 'tools/call:get_page', '{"n":1e400}', 1, ['decision  denied by small', 'small    deny           yes']],
  [READER, 'tools/call:get_page', ' {"n":4} ', 0, ['decision  allowed by readers']],
  [
    READER,
    'tools/call:get_page',
    '{"n":1,"n":9}',
    1,
    ['decision  none, turned away before any rule is asked', 'answer    400, code -32600, not_a_request'],
  ],
  [READER, 'tools/call:get_old', undefined, 0, ['decision  allowed by readers', 'shadow    soon in force: denied']],
  [
    READER,
    'resources/read:x://a/%2e%2e',
    undefined,
    1,
    ['decision  not allowed: not compared with any rule, uri_percent'],
  ],
  [
    READER,
    'subscriptions/listen:y://a',
    undefined,
    1,
    ['decision  not allowed: no rule allows it', 'answer    a stream that tells nothing of it'],
  ],
  [
    READER,
    'tools/list',
    undefined,
    0,
    [
      'decision  allowed by readers',
      'A list shows what a call would be allowed; ask for one name, as with --call tools/call:NAME.',
    ],
  ],
  [
    { groups: ['g'] },
    'tools/call:put',
    undefined,
    1,
    ['decision  only scopes are missing for both', 'answer    403, code 403, scope_missing, asks for x:read x:write'],
  ],
  [
    { anonymous: true },
    'tools/call:put',
    undefined,
    1,
    [
      'caller    would not be let in',
      'decision  none: a token is required',
      'answer    401, code 401, token_absent, asks for x:read x:write',
    ],
  ],
  [
    { iss: 'https://two.example.com', sub: '7', scp: ['x:read'], azp: 'app', realm_access: { roles: ['r'] } },
    'tools/call:get_x',
    undefined,
    0,
    ['caller    subject 7, client app, scopes x:read, groups r, issuer https://two.example.com'],
  ],
  [
    { iss: 'https://elsewhere.example.com', sub: '7' },
    'tools/call:get_x',
    undefined,
    1,
    ['answer    401, code 401, token_invalid'],
  ],
];

for (const [as, call, args, code, lines] of DECISIONS) {
  test(`${JSON.stringify(as)} ${call} ${args ?? ''}: ${lines[0]}`, async (t) => {
    const said = await makePolicyFolder(t, RULES).explain(as, call, args === undefined ? {} : { args });
    assert.equal(said.code, code, said.err);
    for (const line of lines)
      assert.ok(
        said.out.split('\n').some((each) => each.startsWith(line)),
        said.out,
      );
  });
}

const WRONG: readonly (readonly [
  title: string,
  as: string,
  call: string,
  more: Readonly<Record<string, string>>,
  says: RegExp,
])[] = [
  [
    'an endpoint that does not exist',
    '{}',
    'tools/list',
    { endpoint: '/nowhere' },
    /^--endpoint: expected one of \/mcp$/m,
  ],
  ['a method that does not exist', '{}', 'tools/calls:x', {}, /^--call: expected METHOD:NAME with one of /m],
  ['a method without its name', '{}', 'tools/call', {}, /^--call: tools\/call needs a name/m],
  ['a name where there is none', '{}', 'tools/list:x', {}, /^--call: tools\/list has no name/m],
  ['arguments where there are none', '{}', 'tools/list', { args: '{}' }, /^--args: tools\/list has no arguments$/m],
  ['arguments that are no object', '{}', 'tools/call:x', { args: '[1]' }, /^--args: expected a JSON object$/m],
  [
    'arguments that would write another request',
    '{}',
    'tools/call:x',
    { args: '{}},"method":"a"' },
    /^--args: expected a JSON object$/m,
  ],
  [
    'parameters of another type',
    '{}',
    'tools/call:x',
    { params: '{"a":1.5}' },
    /^--params: expected texts, integers and booleans$/m,
  ],
  ['a caller that is no JSON', '{', 'tools/call:x', {}, /^--as: is not one sound JSON object/m],
  [
    'a caller who is two',
    '{"groups":["a"],"groups":["b"]}',
    'tools/call:x',
    {},
    /^--as: is not one sound JSON object/m,
  ],
  [
    'a caller deeper than a token',
    `{"claims":${'['.repeat(99)}${']'.repeat(99)}}`,
    'tools/call:x',
    {},
    /^--as: is not one sound/m,
  ],
  ['a file that does not exist', 'nowhere.json', 'tools/call:x', {}, /^--as: the file does not exist/m],
  [
    'a caller of another shape',
    '{"scope":"a"}',
    'tools/call:x',
    {},
    /^--as: scope: unknown key `scope`; did you mean `scopes`\?$/m,
  ],
  [
    'a payload without a subject',
    '{"iss":"https://one.example.com"}',
    'tools/call:x',
    {},
    /^--as: sub: expected a text$/m,
  ],
];

for (const [title, as, call, more, says] of WRONG) {
  test(`wrong use: ${title}`, async (t) => {
    const { code, out, err } = await makePolicyFolder(t, RULES).explain(as, call, more);
    assert.deepEqual({ code, out }, { code: 2, out: '' });
    assert.match(err, says);
  });
}

test('the caller may stand in a file, and what is no JSON in it is not repeated', async (t) => {
  const folder = makePolicyFolder(t, RULES);
  const { code } = await folder.explain(
    folder.dir.write('as.json', `\n${JSON.stringify(READER)}\n`),
    'tools/call:get_x',
  );
  assert.equal(code, 0);
  const { err } = await folder.explain(folder.dir.write('token', 'eyJhbGciOiJub25lIn0.e30.'), 'tools/call:get_x');
  assert.equal(err, '--as: is not one sound JSON object, such as the payload of a token\n');
});

test('with several endpoints one must be named', async (t) => {
  const gateway = `identity: { anonymous: true }
upstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }
endpoints: { /a: { upstream: x }, /b: { upstream: x, access: [access.yaml] } }
`;
  const folder = makePolicyFolder(t, RULES, gateway);
  assert.equal((await folder.explain({ anonymous: true }, 'tools/list')).code, 2);
  const open = await folder.explain({ anonymous: true }, 'tools/call:x', { endpoint: '/a' });
  assert.equal(open.code, 0);
  assert.match(open.out, /The endpoint has no rules: everybody may call everything\./);
  const closed = await folder.explain({ anonymous: true }, 'tools/call:get_x', { endpoint: '/b' });
  assert.match(closed.out, /asks for x:read/);
});

test('names cannot write to the terminal', async (t) => {
  const { out } = await makePolicyFolder(t, RULES).explain(READER, 'tools/call:\u001b[2J\u202e');
  assert.match(out, /call {6}tools\/call \\u\{1b\}\[2J\\u\{202e\}/);
});
