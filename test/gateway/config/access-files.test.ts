// Files of access rules: what they become, and that their faults are told with their own names and lines.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ALLOW, refuseFiles, withAccess } from './access-samples.ts';
import { makeConfigDir } from './make-config-dir.ts';

test('rules become lists in the order of the files, with every key taken over', (t) => {
  const dir = makeConfigDir(t);
  dir.write(
    'access/one.yaml',
    `
rules:
  - id: A-1._x
    allow: { tools: [get_forecast, "list_*"], prompts: ["*"], resources: ["weather://**", "ui://*/x"] }
    to:
      scopes: ["weather:read", b, b]
      groups: [g, "\${G}"]
      subjects: [s]
      clients: [c]
      claims: { tenant: [acme], "https://a.test/x": ["1", "true"], __proto__: [p] }
  - id: none
    deny: { tools: ["delete_*"] }
`,
  );
  dir.write('two.yaml', `rules:\n${ALLOW}  - { id: some, deny: { prompts: [p] }, to: { groups: [h] } }\n`);
  const config = dir.load(withAccess('access/one.yaml', 'two.yaml'), { G: 'from the environment' });
  const grant = { everyone: false, scopes: [], groups: [], subjects: [], clients: [], issuers: [], claims: new Map() };
  assert.deepEqual(config.endpoints.get('/mcp')?.access, [
    {
      id: 'A-1._x',
      effect: 'allow',
      mode: 'enforce',
      tools: ['get_forecast', 'list_*'],
      prompts: ['*'],
      resources: ['weather://**', 'ui://*/x'],
      to: {
        ...grant,
        scopes: ['weather:read', 'b'],
        groups: ['g', 'from the environment'],
        subjects: ['s'],
        clients: ['c'],
        claims: new Map([
          ['tenant', ['acme']],
          ['https://a.test/x', ['1', 'true']],
          ['__proto__', ['p']],
        ]),
      },
      when: undefined,
    },
    {
      id: 'none',
      effect: 'deny',
      mode: 'enforce',
      tools: ['delete_*'],
      prompts: [],
      resources: [],
      to: undefined,
      when: undefined,
    },
    {
      id: 'open',
      effect: 'allow',
      mode: 'enforce',
      tools: ['*'],
      prompts: [],
      resources: [],
      to: { ...grant, everyone: true },
      when: undefined,
    },
    {
      id: 'some',
      effect: 'deny',
      mode: 'enforce',
      tools: [],
      prompts: ['p'],
      resources: [],
      to: { ...grant, groups: ['h'] },
      when: undefined,
    },
  ]);
  const base = path.dirname(dir.file);
  assert.deepEqual(
    config.files.map((file) => path.relative(base, file)),
    ['gateway.yaml', 'access/one.yaml', 'two.yaml'],
  );
});

test('the digest follows access files and the variables in them', (t) => {
  const dir = makeConfigDir(t);
  const yaml = withAccess('a.yaml');
  dir.write('a.yaml', `rules:\n${ALLOW}  - { id: "x\${N:-1}", deny: { tools: [x] } }\n`);
  const digests = [dir.load(yaml), dir.load(yaml, { N: '1' }), dir.load(yaml, { N: '2' })].map(({ digest }) => digest);
  dir.write('a.yaml', `rules:\n${ALLOW}`);
  assert.equal(new Set([...digests, dir.load(yaml).digest]).size, 4);
});

const TEXTS: readonly [string, string | Buffer, RegExp][] = [
  ['an empty file', '', /^a\.yaml:1:1: expected a mapping, found nothing$/],
  ['a list', '- a', /^a\.yaml:1:1: expected a mapping, found a list$/],
  ['no rules', 'rules: []', /^a\.yaml:1:1 rules: expected at least one rule, found an empty list$/],
  [
    'a key like no other',
    `rules:\n${ALLOW}tests: 1`,
    /^a\.yaml:3:1 tests: unknown key `tests`; expected one of mode, rules$/,
  ],
  ['bad YAML', 'rules:\n\t- a', /^a\.yaml:2:1: is not valid YAML/],
  ['bad UTF-8', Buffer.from([0xff]), /^a\.yaml:1:1: expected UTF-8$/],
  [
    'a variable that is not set',
    `rules:\n${ALLOW}  - { id: "\${X}", deny: { tools: [x] } }`,
    /^a\.yaml:3:7 .* X is not set/,
  ],
  [
    'more than 1 MiB',
    Buffer.alloc(2 ** 20 + 1, '#'),
    /^gateway\.yaml:4:33 .*access\[0\]: the file is larger than 1048576/,
  ],
];
for (const [what, contents, expected] of TEXTS) {
  test(`an access file with ${what} is refused in words`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('a.yaml', contents);
    const errors = refuseFiles(dir, withAccess('a.yaml'));
    assert.ok(
      errors.some((error) => expected.test(error)),
      errors.join('\n'),
    );
  });
}

test('ids are unique over all files of an endpoint, and free again on another', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}`);
  dir.write('b.yaml', `#\nrules:\n${ALLOW}`);
  assert.deepEqual(refuseFiles(dir, withAccess('a.yaml', 'b.yaml')), [
    'b.yaml:3:7 rules[0].id: `open` is the id of the rule at a.yaml:2 too',
  ]);
  dir.load(`${withAccess('a.yaml')}  /b: { upstream: a, access: [b.yaml] }\n`);
});

test('a file that several endpoints name is read once and its faults are told once', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}  - { id: x }\n`);
  const yaml = `${withAccess('a.yaml')}  /b: { upstream: a, access: [./a.yaml] }\n`;
  assert.equal(refuseFiles(dir, yaml).length, 1);
  dir.write('a.yaml', `rules:\n${ALLOW}`);
  assert.equal(dir.load(yaml).files.length, 2);
});

test('files that only deny are refused on an endpoint that has no others', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}`);
  dir.write('b.yaml', 'rules: [{ id: x, deny: { tools: [x] } }]');
  assert.deepEqual(refuseFiles(dir, withAccess('b.yaml')), [
    'gateway.yaml:4:24 endpoints./mcp.access: no rule allows anything on this endpoint; these files only deny',
  ]);
  assert.deepEqual(refuseFiles(dir, withAccess('a.yaml', 'b.yaml')), []);
});

test('faults of all files are told at once, those of gateway.yaml first', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', 'rules: [{ id: x }]');
  dir.write('b.yaml', 'x');
  const errors = refuseFiles(dir, `${withAccess('b.yaml', 'gone.yaml', 'a.yaml')}workers: 0\nlimts: {}\n`);
  assert.deepEqual(
    errors.map((error) => error.split(' ')[0]),
    ['gateway.yaml:4:41', 'gateway.yaml:5:1', 'gateway.yaml:6:1', 'b.yaml:1:1:', 'a.yaml:1:9'],
    errors.join('\n'),
  );
});

test('names and values from the environment are not repeated', (t) => {
  const dir = makeConfigDir(t);
  dir.write('topsecret.yaml', `rules:\n${ALLOW}  - { id: "\${X}!", deny: { tools: ["\${X}\\a"] } }\n`);
  const errors = refuseFiles(dir, withAccess('"${X}.yaml"', '"${X}.gone"'), { X: 'topsecret' });
  assert.deepEqual(errors, [
    'gateway.yaml:4:46 endpoints./mcp.access[1]: the file does not exist: what `${X}.gone` gives',
    '${X}.yaml:3:7 rules[1].id: expected 1 to 64 letters, digits, `.`, `_` or `-`, found what `${X}!` gives',
    '${X}.yaml:3:36 rules[1].deny.tools[0]: expected a glob of 1 to 512 characters without control characters, found what `${X}\\u{7}` gives',
  ]);
});

test('names of the object prototype are unknown keys in rules', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}  - { id: x, deny: { tools: [x] }, __proto__: 1, constructor: 2 }\n`);
  assert.deepEqual(
    refuseFiles(dir, withAccess('a.yaml')).map((error) => error.split(';')[0]),
    [
      'a.yaml:3:36 rules[1].__proto__: unknown key `__proto__`',
      'a.yaml:3:50 rules[1].constructor: unknown key `constructor`',
    ],
  );
});
