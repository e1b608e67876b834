// Headers of a tool call against its arguments: what agrees, what differs, and what is not looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { agreeParams, refuseDifference } from '../../../gateway/mcp/agree-params.ts';
import { encodeFieldValue } from '../../../gateway/mcp/header-value.ts';
import { findRoot, skipValue } from '../../../gateway/mcp/json-walk.ts';
import { readAnnotations, type ToolAnnotations } from '../../../gateway/mcp/param-annotations.ts';
import { Refusal } from '../../../gateway/refusal.ts';

type Valid = ToolAnnotations & { readonly valid: true };

function annotate(properties: object): Valid {
  const annotations = readAnnotations(Buffer.from(JSON.stringify({ inputSchema: { properties } })));
  assert.ok(annotations.valid);
  return annotations;
}

const property = (type: string, header: string): object => ({ type, 'x-mcp-header': header });

const SCHEMA = annotate({
  region: property('string', 'Region'),
  count: property('integer', 'Count'),
  bold: property('boolean', 'Bold'),
  at: { properties: { tenant: property('string', 'Tenant_Id') } },
});

type Headers = Readonly<Record<string, string>>;

/** @param args the arguments as JSON; undefined: none */
function agree(schema: Valid, args: string | undefined, headers: Headers): unknown {
  const params =
    args === undefined
      ? '{"name":"sql"}'
      : `{"_meta":{"arguments":{"region":"no"}}, "arguments" : ${args} ,"name":"sql"}`;
  const body = Buffer.from(`{"id":1,"params":${params}}`);
  const paramsStart = body.indexOf('"params":') + '"params":'.length;
  assert.equal(skipValue(body, findRoot(body)), body.length);
  const fields = Object.entries(headers).map(([name, value]) => ({
    key: name.toLowerCase(),
    name: `Mcp-Param-${name}`,
    value,
  }));
  const outcome = agreeParams(schema, { body, envelope: { paramsStart } }, fields);
  return typeof outcome === 'string' ? outcome : Object.fromEntries(outcome);
}

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

const ROWS: readonly [what: string, args: string | undefined, headers: Headers, outcome: object | string][] = [
  ['no arguments and no headers', undefined, {}, {}],
  ['a string that agrees', '{"region":"eu"}', { Region: 'eu' }, { region: 'eu' }],
  ['a header name in another case', '{"region":"eu"}', { REGION: 'eu' }, { region: 'eu' }],
  ['a string in Base64', '{"region":"eu"}', { Region: base64('eu') }, { region: 'eu' }],
  ['a string beyond ASCII', '{"region":"zürich"}', { Region: base64('zürich') }, { region: 'zürich' }],
  ['a string with escapes', '{"r\\u0065gion":"\\u0065u\\n"}', { Region: base64('eu\n') }, { region: 'eu\n' }],
  ['an empty string', '{"region":""}', { Region: '' }, { region: '' }],
  [
    'a string that looks like a marker',
    `{"region":"${base64('eu')}"}`,
    { Region: base64(base64('eu')) },
    { region: base64('eu') },
  ],
  ['a string with a blank inside', '{"region":"us west"}', { Region: 'us west' }, { region: 'us west' }],
  ['a nested argument', '{"at":{"x":{"tenant":"no"},"tenant":"a"}}', { Tenant_Id: 'a' }, { tenant_id: 'a' }],
  ['an integer', '{"count":42}', { Count: '42' }, { count: 42n }],
  ['an integer spelled with a fraction in the header', '{"count":42}', { Count: '42.0' }, { count: 42n }],
  ['an integer spelled with a fraction in the body', '{"count":42.0}', { Count: '42' }, { count: 42n }],
  ['an integer spelled with an exponent in the body', '{"count":4.2e1}', { Count: '42' }, { count: 42n }],
  ['a negative integer', '{"count":-7}', { Count: '-7' }, { count: -7n }],
  ['an integer in Base64', '{"count":42}', { Count: base64('42') }, { count: 42n }],
  ['minus zero', '{"count":-0}', { Count: '0' }, { count: 0n }],
  [
    'the largest integer',
    '{"count":9007199254740991}',
    { Count: '9007199254740991' },
    { count: 9_007_199_254_740_991n },
  ],
  ['true', '{"bold":true}', { Bold: 'true' }, { bold: true }],
  ['false', '{"bold":false}', { Bold: 'false' }, { bold: false }],
  ['null without a header', '{"region":null,"count":null,"bold":null,"at":null}', {}, {}],
  ['a nested argument whose parent is no object', '{"at":[{"tenant":"a"}]}', {}, {}],
  ['an argument of the same name elsewhere', '{"tenant":"a","x":{"region":"eu"}}', {}, {}],
  ['a header that no annotation names', '{"region":"eu"}', { Region: 'eu', Other: 'x', Tenant: 'y' }, { region: 'eu' }],
  [
    'everything',
    '{"region":"eu","count":1,"bold":true,"at":{"tenant":"a"}}',
    { Region: 'eu', Count: '1', Bold: 'true', Tenant_Id: 'a' },
    { region: 'eu', count: 1n, bold: true, tenant_id: 'a' },
  ],

  ['an argument without its header', '{"region":"eu"}', {}, 'param_missing'],
  ['an empty string without its header', '{"region":""}', {}, 'param_missing'],
  ['false without its header', '{"bold":false}', {}, 'param_missing'],
  ['a nested argument without its header', '{"at":{"tenant":"a"}}', {}, 'param_missing'],
  ['a header that differs in _ and - alone', '{"at":{"tenant":"a"}}', { 'Tenant-Id': 'a' }, 'param_missing'],
  ['such a header without an argument', '{}', { 'Tenant-Id': 'a' }, 'param_unexpected'],
  ['a header without an argument', '{}', { Region: 'eu' }, 'param_unexpected'],
  ['a header without arguments', undefined, { Region: 'eu' }, 'param_unexpected'],
  ['an empty header without an argument', '{}', { Region: '' }, 'param_unexpected'],
  ['a header for null', '{"region":null}', { Region: 'null' }, 'param_unexpected'],
  ['a header for what stands elsewhere', '{"x":{"region":"eu"}}', { Region: 'eu' }, 'param_unexpected'],
  ['another string', '{"region":"us"}', { Region: 'eu' }, 'param_differs'],
  ['another case', '{"region":"EU"}', { Region: 'eu' }, 'param_differs'],
  ['a string with a blank at its end', '{"region":"eu "}', { Region: 'eu' }, 'param_differs'],
  ['another form of Unicode', '{"region":"e\u0301"}', { Region: base64('é') }, 'param_differs'],
  ['a string cut at NUL', '{"region":"eu\\u0000x"}', { Region: 'eu' }, 'param_differs'],
  ['the escapes themselves', '{"region":"\\u0065u"}', { Region: '\\u0065u' }, 'param_differs'],
  ['another integer', '{"count":42}', { Count: '43' }, 'param_differs'],
  ['a fraction for an integer', '{"count":42}', { Count: '42.5' }, 'param_differs'],
  [
    'an integer that a double rounds to this one',
    '{"count":9007199254740991}',
    { Count: '9007199254740993' },
    'param_differs',
  ],
  ['another boolean', '{"bold":true}', { Bold: 'false' }, 'param_differs'],
  ...['042', '+42', '4.2e1', '0x2A', '42.', '', '４２', '42,0', '1e1', '--1', '- 1', 'NaN'].map(
    (value): [string, string, Headers, string] => [
      `an integer spelled ${value}`,
      '{"count":42}',
      { Count: /^[ -~]*$/.test(value) ? value : base64(value) },
      'param_malformed',
    ],
  ),
  ...['True', 'TRUE', '1', 'yes', '', 'true '].map((value): [string, string, Headers, string] => [
    `true spelled ${JSON.stringify(value)}`,
    '{"bold":true}',
    { Bold: value },
    'param_malformed',
  ]),
  ['bad Base64', '{"region":"eu"}', { Region: '=?base64?ZXU?=' }, 'param_malformed'],
  ['a string where an integer belongs', '{"count":"42"}', { Count: '42' }, 'param_type'],
  ['a number where a string belongs', '{"region":42}', { Region: '42' }, 'param_type'],
  ['a boolean where a string belongs', '{"region":true}', { Region: 'true' }, 'param_type'],
  ['an object where a string belongs', '{"region":{}}', { Region: '{}' }, 'param_type'],
  ['an array where a boolean belongs', '{"bold":[true]}', { Bold: 'true' }, 'param_type'],
  ['a string where a boolean belongs', '{"bold":"true"}', { Bold: 'true' }, 'param_type'],
  ['a fraction where an integer belongs', '{"count":42.5}', { Count: '42.5' }, 'param_type'],
  [
    'an integer that readers with doubles round',
    '{"count":9007199254740993}',
    { Count: '9007199254740993' },
    'param_type',
  ],
  ['an infinite integer', '{"count":1e400}', { Count: '1' }, 'param_type'],
];

for (const [what, args, headers, outcome] of ROWS) {
  test(`${what}: ${typeof outcome === 'string' ? outcome : 'agrees'}`, () =>
    assert.deepEqual(agree(SCHEMA, args, headers), outcome));
}

test('names of every object are ordinary names of arguments and headers', () => {
  const schema = annotate({
    constructor: property('string', 'toString'),
    hasOwnProperty: property('string', 'constructor'),
  });
  assert.deepEqual(agree(schema, '{}', {}), {});
  assert.equal(agree(schema, '{"constructor":"a"}', {}), 'param_missing');
  assert.deepEqual(agree(schema, '{"constructor":"a"}', { tostring: 'a' }), { tostring: 'a' });
});

test('a difference is refused as a header mismatch that says which', () => {
  assert.throws(
    () => refuseDifference('param_differs'),
    (error: unknown) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.kind, error.detail.reason], ['header_mismatch', 'param_differs']);
      return true;
    },
  );
});

test('any text agrees with its own encoding and with no other', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, text, (value, other) => {
      const headers = { Region: encodeFieldValue(other) };
      assert.deepEqual(
        agree(SCHEMA, JSON.stringify({ region: value }), headers),
        value === other ? { region: value } : 'param_differs',
      );
      assert.deepEqual(agree(SCHEMA, JSON.stringify({ region: value }), { Region: encodeFieldValue(value) }), {
        region: value,
      });
    }),
    { numRuns: 2_000 },
  );
});

test('many annotated arguments in a large body are found in one walk', () => {
  const schema = annotate(
    Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`p${at}`, property('string', `h${at}`)])),
  );
  const filler = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, { p1: 'x'.repeat(400) }]));
  const values = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`p${at}`, `v${at}`]));
  const headers = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`h${at}`, `v${at}`]));
  const args = JSON.stringify({ ...filler, ...values });
  const startMs = performance.now();
  const outcome = agree(schema, args, headers) as object;
  assert.equal(Object.keys(outcome).length, 64);
  assert.ok(performance.now() - startMs < 200);
});
