// The form of mirrored headers, before they are held against a body.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addField, findParamFault, isOversized, REPEATED } from '../../../gateway/mcp/mirrored-headers.ts';

const toParams = (...lines: readonly (readonly [key: string, value: string])[]) =>
  lines.map(([key, value]) => ({ key, name: `Mcp-Param-${key}`, value }));

test('a field that stands twice is repeated, also with equal or empty values', () => {
  assert.equal(addField(undefined, ' a\t'), 'a');
  assert.equal(addField(undefined, ''), '');
  assert.equal(addField('a', 'a'), REPEATED);
  assert.equal(addField('', ''), REPEATED);
  assert.equal(addField(REPEATED, 'a'), REPEATED);
});

test('Mcp-Param headers whose names differ only in hyphen and underscore are repeated', () => {
  const rows = [
    [[], undefined],
    [[['region', 'eu']], undefined],
    [
      [
        ['region', 'eu'],
        ['tenant', 'a'],
      ],
      undefined,
    ],
    [
      [
        ['region', 'eu'],
        ['region', 'eu'],
      ],
      'param_repeated',
    ],
    [
      [
        ['region', 'eu'],
        ['region', 'us'],
      ],
      'param_repeated',
    ],
    [
      [
        ['tenant-id', 'a'],
        ['tenant_id', 'b'],
      ],
      'param_repeated',
    ],
    [
      [
        ['a-b_c', '1'],
        ['x', '1'],
        ['a_b-c', '1'],
      ],
      'param_repeated',
    ],
    [[['tenant_id', 'a']], undefined],
    [
      [
        ['tenant-id', 'a'],
        ['tenantid', 'b'],
      ],
      undefined,
    ],
    [
      [
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ],
      undefined,
    ],
    [[['a', '=?base64?Zg?=']], 'param_malformed'],
    [
      [
        ['b', 'x'],
        ['a', 'é'],
      ],
      'param_malformed',
    ],
    [[['a', '=?base64?/w==?=']], 'param_malformed'],
    [[['a', '=?base64?w6k=?=']], undefined],
    [[['a', '']], undefined],
  ] as const;
  for (const [lines, fault] of rows) assert.equal(findParamFault(toParams(...lines)), fault, JSON.stringify(lines));
});

test('one mirrored header may have 8192 characters and no more', () => {
  assert(!isOversized('x'.repeat(8192)));
  assert(isOversized('x'.repeat(8193)));
  assert(!isOversized(undefined));
  assert(!isOversized(REPEATED));
});
