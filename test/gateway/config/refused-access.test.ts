// Access rules that are refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALLOW, refuseFiles, withAccess } from './access-samples.ts';
import { makeConfigDir } from './make-config-dir.ts';

const RULES: readonly [string, string, RegExp][] = [
  ['no id', '{ allow: { tools: [x] }, to: { everyone: true } }', /^a\.yaml:3:5 rules\[1\]\.id: is required/],
  ['an id with a space', '{ id: a b, deny: { tools: [x] } }', /^a\.yaml:3:7 rules\[1\]\.id: expected 1 to 64 letters/],
  ['an id that is too long', `{ id: ${'x'.repeat(65)}, deny: { tools: [x] } }`, /rules\[1\]\.id: expected 1 to 64/],
  ['an id that is taken', '{ id: open, deny: { tools: [x] } }', /\.id: `open` is the id of the rule at a\.yaml:2 too$/],
  ['neither allow nor deny', '{ id: x }', /^a\.yaml:3:5 rules\[1\]: either `allow` or `deny` is required$/],
  [
    'both allow and deny',
    '{ id: x, allow: { tools: [x] }, deny: { tools: [x] }, to: { everyone: true } }',
    /rules\[1\]: expected either `allow` or `deny`, found both$/,
  ],
  ['an allow for nobody', '{ id: x, allow: { tools: [x] } }', /rules\[1\]: `to` is required: an allow must say whom$/],
  [
    'an empty deny',
    '{ id: x, deny: {} }',
    /rules\[1\]\.deny: covers nothing: at least one of tools, prompts, resources/,
  ],
  ['an empty list', '{ id: x, deny: { tools: [] } }', /deny\.tools: expected at least one glob, found an empty list$/],
  ['an empty glob', '{ id: x, deny: { tools: [""] } }', /deny\.tools\[0\]: expected a glob/],
  ['a glob without end', `{ id: x, deny: { tools: [${'x'.repeat(513)}] } }`, /deny\.tools\[0\]: expected a glob/],
  ['a control character', '{ id: x, deny: { prompts: ["a\\u0007"] } }', /deny\.prompts\[0\]: expected a glob/],
  ['a kind that is none', '{ id: x, deny: { tool: [x] } }', /deny\.tool: unknown key `tool`; did you mean `tools`\?$/],
  ['a URI with dot segments', '{ id: x, deny: { resources: ["a://b/../c"] } }', /resources\[0\]: expected a glob/],
  ['a URI with an encoded dot', '{ id: x, deny: { resources: ["a://b/%2E/c"] } }', /resources\[0\]: expected a glob/],
  [
    'a URI with an encoded separator',
    '{ id: x, deny: { resources: ["a://b%2Fc"] } }',
    /resources\[0\]: expected a glob/,
  ],
  ['a URI with a space', '{ id: x, deny: { resources: ["a://b c"] } }', /resources\[0\]: expected a glob/],
  [
    'an empty to',
    '{ id: x, deny: { tools: [x] }, to: {} }',
    /rules\[1\]\.to: must say whom: expected everyone: true, or/,
  ],
  [
    'a to without contents',
    '{ id: x, deny: { tools: [x] }, to: }',
    /rules\[1\]\.to: expected a mapping, found nothing$/,
  ],
  [
    'a mistyped to',
    '{ id: x, deny: { tools: [x] }, to: { grops: [x] } }',
    /to\.grops: unknown key `grops`; did you mean `groups`/,
  ],
  ['everyone: false', '{ id: x, deny: { tools: [x] }, to: { everyone: false } }', /to\.everyone: expected true, found/],
  [
    'everyone and more',
    '{ id: x, deny: { tools: [x] }, to: { everyone: true, groups: [g], scopes: [s] } }',
    /to\.everyone: stands alone: it leaves nothing to scopes, groups$/,
  ],
  ['no group', '{ id: x, deny: { tools: [x] }, to: { groups: [] } }', /to\.groups: expected at least one group/],
  [
    'a number for a subject',
    '{ id: x, deny: { tools: [x] }, to: { subjects: [7] } }',
    /in quotes, found the number `7`$/,
  ],
  [
    'a scope with a space',
    '{ id: x, deny: { tools: [x] }, to: { scopes: ["a b"] } }',
    /to\.scopes\[0\]: expected a scope/,
  ],
  ['no claim', '{ id: x, deny: { tools: [x] }, to: { claims: {} } }', /to\.claims: expected at least one claim/],
  [
    'a claim without values',
    '{ id: x, deny: { tools: [x] }, to: { claims: { a: [] } } }',
    /claims\.a: expected at least one/,
  ],
  [
    'one text for the values',
    '{ id: x, deny: { tools: [x] }, to: { claims: { a: b } } }',
    /claims\.a: expected a list/,
  ],
  [
    'a claim with a gap',
    '{ id: x, deny: { tools: [x] }, to: { claims: { a..b: [c] } } }',
    /claims\.a\.\.b: is not a valid/,
  ],
  [
    'an unknown issuer',
    '{ id: x, deny: { tools: [x] }, to: { issuers: [https://x.test] } }',
    /`identity\.issuers` names none$/,
  ],
  [
    'a when that is no text',
    '{ id: x, deny: { tools: [x] }, when: true }',
    /when: expected an expression in CEL .*, in/,
  ],
  ['an empty when', '{ id: x, deny: { tools: [x] }, when: " " }', /when: expected an expression in CEL of 1 to 2048/],
  [
    'a when without end',
    `{ id: x, deny: { tools: [x] }, when: "${'x'.repeat(2_049)}" }`,
    /when: expected an expression in CEL of 1 to 2048/,
  ],
  ['another mode', '{ id: x, deny: { tools: [x] }, mode: off }', /mode: expected one of enforce, shadow, found `off`$/],
];
for (const [what, rule, expected] of RULES) {
  test(`a rule with ${what} is refused at its own line`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('a.yaml', `rules:\n${ALLOW}  - ${rule}\n`);
    const errors = refuseFiles(dir, withAccess('a.yaml'));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}
