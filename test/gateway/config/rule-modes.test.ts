// Conditions and shadow mode of access rules: what they become, and which are refused at which line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALLOW, refuseFiles, withAccess } from './access-samples.ts';
import { makeConfigDir } from './make-config-dir.ts';

test('a rule keeps its condition, and is enforced unless it or its file says otherwise', (t) => {
  const dir = makeConfigDir(t);
  dir.write(
    'a.yaml',
    `
mode: enforce
rules:
  - { id: a, allow: { tools: ["*"] }, to: { everyone: true }, when: "args.size < 5" }
  - { id: b, deny: { tools: ["*"] }, mode: shadow }
  - { id: c, deny: { tools: ["x"] }, mode: enforce }
`,
  );
  dir.write(
    'b.yaml',
    'mode: shadow\nrules: [{ id: d, deny: { tools: [x] } }, { id: e, deny: { tools: [x] }, mode: shadow }]',
  );
  const rules = dir.load(withAccess('a.yaml', 'b.yaml')).endpoints.get('/mcp')?.access ?? [];
  assert.deepEqual(
    rules.map(({ id, mode, when }) => [id, mode, when]),
    [
      ['a', 'enforce', 'args.size < 5'],
      ['b', 'shadow', undefined],
      ['c', 'enforce', undefined],
      ['d', 'shadow', undefined],
      ['e', 'shadow', undefined],
    ],
  );
});

test('a rule cannot be enforced in a file that is in shadow', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}`);
  dir.write('b.yaml', 'mode: shadow\nrules:\n  - { id: d, deny: { tools: [] }, mode: enforce }\n');
  assert.deepEqual(refuseFiles(dir, withAccess('a.yaml', 'b.yaml')), [
    'b.yaml:3:22 rules[0].deny.tools: expected at least one glob, found an empty list',
    'b.yaml:3:35 rules[0].mode: cannot be enforce: `mode` of the file puts all its rules in shadow',
  ]);
});

test('an endpoint that allows in shadow alone is refused: nobody could call', (t) => {
  const dir = makeConfigDir(t);
  const words = 'no rule allows anything on this endpoint; these files only deny, or are in shadow';
  dir.write('a.yaml', `mode: shadow\nrules:\n${ALLOW}`);
  assert.deepEqual(refuseFiles(dir, withAccess('a.yaml')), [`gateway.yaml:4:24 endpoints./mcp.access: ${words}`]);
});

test('a condition that does not compile is told at its own line, beside other faults', (t) => {
  const dir = makeConfigDir(t);
  dir.write(
    'a.yaml',
    `rules:
${ALLOW}  - id: x
    deny: { tools: [] }
    when: >-
      args.size <
  - id: y
    deny: { tools: [a] }
    when: nobody.knows
  - { id: z, deny: { tools: [a] }, when: 'name.matches("(a+)+$")' }
`,
  );
  const errors = refuseFiles(dir, withAccess('a.yaml'));
  assert.deepEqual(
    errors.map((error) => error.split(': ').slice(0, 2).join(': ')),
    [
      'a.yaml:4:13 rules[1].deny.tools: expected at least one glob, found an empty list',
      'a.yaml:5:5 rules[1].when: is no condition that compiles',
      'a.yaml:9:5 rules[2].when: is no condition that compiles',
      'a.yaml:10:36 rules[3].when: is no condition that compiles',
    ],
    errors.join('\n'),
  );
});

test('a condition from the environment is not repeated when it does not compile', (t) => {
  const dir = makeConfigDir(t);
  dir.write('a.yaml', `rules:\n${ALLOW}  - { id: x, deny: { tools: [a] }, when: "\${X}" }\n`);
  assert.deepEqual(refuseFiles(dir, withAccess('a.yaml'), { X: 'topsecret' }), [
    'a.yaml:3:36 rules[1].when: is no condition that compiles: what `${X}` gives',
  ]);
});

for (const text of ['('.repeat(2_048), '!'.repeat(2_048), '[1].map(x,'.repeat(200), '"\\u0000\\u{2028}', 'a\u202eb']) {
  test(`hostile conditions are refused in one short line: ${JSON.stringify(text.slice(0, 20))}`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('a.yaml', `rules:\n${ALLOW}  - { id: x, deny: { tools: [a] }, when: ${JSON.stringify(text)} }\n`);
    const errors = refuseFiles(dir, withAccess('a.yaml'));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', /^a\.yaml:3:36 rules\[1\]\.when: [^\p{Cc}\p{Cf}]{1,600}$/u);
  });
}
