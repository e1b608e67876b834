// Files of policy tests: what is refused, at which line and in which words, and how arguments are read.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { formatConfigError } from '../../../gateway/config/config-error.ts';
import { readPolicyTests } from '../../../gateway/config/read-policy-tests.ts';
import { makeConfigDir } from './make-config-dir.ts';

const GATEWAY =
  'identity: { issuers: [{ issuer: https://one.example.com }, { issuer: https://two.example.com }] }\n' +
  'upstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }\n' +
  'endpoints: { /mcp: { upstream: x, access: [access.yaml], issuers: [https://two.example.com] } }\n';

function read(t: TestContext, yaml: string | Buffer, env: NodeJS.ProcessEnv = {}) {
  const dir = makeConfigDir(t);
  dir.write('access.yaml', 'rules: [{ id: a, allow: { tools: [t] }, to: { everyone: true } }]\n');
  const config = dir.load(GATEWAY);
  dir.write('tests/t.yaml', yaml);
  const { files, errors } = readPolicyTests(dir.file, config, env);
  const folder = dir.file.replace(/gateway\.yaml$/, 'tests/');
  return { files, errors: errors.map((error) => formatConfigError(error).replaceAll(folder, '')) };
}

const refuse = (t: TestContext, yaml: string | Buffer): string => read(t, yaml).errors.join('\n');

/** One case on the third line. */
const one = (text: string): string => `endpoint: /mcp\ncases:\n  - { ${text} }\n`;
const SOUND = 'name: n, as: {}, call: { method: tools/call, name: t }, expect: allow';

const FAULTS: readonly (readonly [yaml: string, error: string])[] = [
  ['', 't.yaml:1:1: expected a mapping, found nothing'],
  ['endpoint: /mcp\n', 't.yaml:1:1 cases: is required: expected a list'],
  [`case: []\n${one(SOUND)}`, 't.yaml:1:1 case: unknown key `case`; did you mean `cases`?'],
  [
    'endpoint: /mcp\ncases: {\n',
    't.yaml:3:1: is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
  ],
  [one(SOUND.replace('as: {}, ', '')), 't.yaml:3:5 cases[0].as: is required: expected a mapping'],
  [
    one(SOUND.replace('as: {}', 'as: { scope: a }')),
    't.yaml:3:22 cases[0].as.scope: unknown key `scope`; did you mean `scopes`?',
  ],
  [
    one(SOUND.replace('as: {}', 'as: { scopes: "a b" }')),
    't.yaml:3:22 cases[0].as.scopes: expected a list, found `a b`',
  ],
  [
    one(SOUND.replace('as: {}', 'as: { anonymous: true, groups: [g] }')),
    't.yaml:3:22 cases[0].as.anonymous: stands alone: who sends no token has nothing else',
  ],
  [
    one(SOUND.replace('as: {}', 'as: { issuer: https://three.example.com }')),
    't.yaml:3:22 cases[0].as.issuer: names no issuer `https://three.example.com`; expected one of https://two.example.com',
  ],
  [
    one(SOUND.replace('tools/call', 'tool/call')),
    't.yaml:3:32 cases[0].call.method: expected one of server/discover, tools/list',
  ],
  [one(SOUND.replace(', name: t', '')), 't.yaml:3:24 cases[0].call: `name` is required: tools/call has one'],
  [
    one(SOUND.replace('tools/call', 'tools/list')),
    't.yaml:3:52 cases[0].call.name: means nothing here: tools/list has no name',
  ],
  [
    one(SOUND.replace('tools/call, name: t', 'resources/read, name: "x://y", args: {}')),
    't.yaml:3:71 cases[0].call.args: means nothing here: resources/read has no arguments',
  ],
  [
    one(SOUND.replace('name: t }', 'name: t, args: [1] }')),
    't.yaml:3:61 cases[0].call.args: expected a mapping, found a list',
  ],
  [
    one(SOUND.replace('name: t }', 'name: t, args: { n: 0x10, m: [.inf] } }')),
    't.yaml:3:69 cases[0].call.args.n: is no number of JSON; write it as 42, -1.5 or 1e3, or in quotes for a text\n' +
      't.yaml:3:82 cases[0].call.args.m[0]: is no number of JSON; write it as 42, -1.5 or 1e3, or in quotes for a text',
  ],
  [
    one(SOUND.replace('name: t }', 'name: t, params: { a: 9007199254740993 } }')),
    't.yaml:3:61 cases[0].call.params: expected a mapping from names of headers, without Mcp-Param-, to texts, integers, true or false, found a mapping',
  ],
  [
    one(SOUND.replace('name: t }', 'name: t, now: tomorrow }')),
    't.yaml:3:61 cases[0].call.now: expected a time such as 2026-01-31T09:00:00Z',
  ],
  [
    one(SOUND.replace('expect: allow', 'expect: yes')),
    't.yaml:3:63 cases[0].expect: expected one of allow, deny, challenge, hide, refuse, found `yes`',
  ],
  [one(`${SOUND}, scopes: [a]`), 't.yaml:3:78 cases[0].scopes: stand only beside `expect: challenge`'],
  [one(`${SOUND}, shows: [a]`), 't.yaml:3:78 cases[0].shows: stands only beside a list method and `expect: allow`'],
  [
    one(`${SOUND.replace('allow', 'refuse')}, rule: a`),
    't.yaml:3:79 cases[0].rule: cannot be told: no rule is asked before a `refuse`',
  ],
  [
    one(`${SOUND}, rule: "a b"`),
    't.yaml:3:78 cases[0].rule: expected 1 to 64 letters, digits, `.`, `_` or `-`, found `a b`',
  ],
  [`access: [nowhere.yaml]\n${one(SOUND)}`, 't.yaml:1:10 access[0]: the file does not exist: `nowhere.yaml`'],
];

for (const [yaml, error] of FAULTS) {
  test(`refused: ${error.split('\n')[0]}`, (t) => {
    const errors = refuse(t, yaml);
    assert.equal(errors.slice(0, error.length), error);
    assert.equal(errors.split('\n').length, error.split('\n').length, errors);
  });
}

test('a file that is not UTF-8, or that is no file, is refused', (t) => {
  assert.equal(refuse(t, Buffer.from([0x61, 0x3a, 0xff])), 't.yaml:1:1: expected UTF-8');
});

test('a fault in access files that are tried stands at its own line', (t) => {
  const dir = makeConfigDir(t);
  dir.write('access.yaml', 'rules: [{ id: a, allow: { tools: [t] }, to: { everyone: true } }]\n');
  const config = dir.load(GATEWAY);
  dir.write('tests/t.yaml', `access: [more/new.yaml]\n${one(SOUND)}`);
  dir.write('tests/more/new.yaml', 'rules:\n  - { id: a, deny: { tools: [t] }, when: args. }\n');
  const { files, errors } = readPolicyTests(dir.file, config, {});
  assert.equal(files.length, 0);
  assert.deepEqual(
    errors.map(({ file, line }) => [file.replace(/^.*tests\//, ''), line]),
    [['more/new.yaml', 2]],
  );
});

test('numbers in arguments stay as they are written', (t) => {
  const args =
    '{ big: 12345678901234567890123, tiny: 0.10000000000000000000001, e: -1.50E+3, z: -0, list: [1.0, 1e400], t: "1", n: null, "a\\"b": { yes: yes, no: true } }';
  const { files, errors } = read(t, one(SOUND.replace('name: t }', `name: t, args: ${args} }`)));
  assert.deepEqual(errors, []);
  assert.equal(
    files[0]?.cases[0]?.call.args,
    '{"big":12345678901234567890123,"tiny":0.10000000000000000000001,"e":-1.50E+3,"z":-0,"list":[1.0,1e400],"t":"1","n":null,"a\\"b":{"yes":"yes","no":true}}',
  );
});

test('names such as __proto__ are ordinary ones', (t) => {
  const { files, errors } = read(
    t,
    one(SOUND.replace('name: t }', 'name: __proto__, args: { __proto__: { a: 1 } }, params: { __proto__: x } }')),
  );
  assert.deepEqual(errors, []);
  const call = files[0]?.cases[0]?.call;
  assert.equal(call?.args, '{"__proto__":{"a":1}}');
  assert.deepEqual([...(call?.params ?? [])], [['__proto__', 'x']]);
});

test('variables are taken from the environment, and count as texts in arguments', (t) => {
  const { files } = read(t, one(SOUND.replace('name: t }', 'name: "${T}", args: { n: "${N:-5}" } }')), { T: 'x' });
  assert.equal(files[0]?.cases[0]?.call.name, 'x');
  assert.equal(files[0]?.cases[0]?.call.args, '{"n":"5"}');
});

test('every case has the place of its name', (t) => {
  const { files } = read(
    t,
    `endpoint: /mcp\ncases:\n  -\n    as: {}\n    name: n\n    call: { method: tools/list }\n    expect: allow\n`,
  );
  const [found] = files[0]?.cases ?? [];
  assert.deepEqual([found?.line, found?.column], [5, 5]);
});
