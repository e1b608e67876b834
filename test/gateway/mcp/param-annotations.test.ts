// Which schemas name headers for their arguments, and which make a tool invalid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  mayHoldAnnotations,
  NO_ANNOTATIONS,
  readAnnotations,
  sameAnnotations,
  type ToolAnnotations,
} from '../../../gateway/mcp/param-annotations.ts';
import { measureRatio } from './measure-ratio.ts';

const readSchema = (inputSchema: unknown): ToolAnnotations =>
  readAnnotations(Buffer.from(JSON.stringify({ name: 'sql', inputSchema })));

const ofType = (type: unknown, header: unknown): object => ({ type, 'x-mcp-header': header });
const region = ofType('string', 'Region');
const withProperties = (properties: object): object => ({ type: 'object', properties });

/** `key:path:type` of each, or why the tool is invalid. */
function show(annotations: ToolAnnotations): string {
  if (!annotations.valid) return annotations.why;
  return annotations.params.map(({ key, path, type }) => `${key}:${path.join('.')}:${type}`).join(' ');
}

const VALID: readonly [what: string, schema: unknown, shown: string][] = [
  ['no annotation', withProperties({ a: { type: 'string' } }), ''],
  ['no schema', undefined, ''],
  ['a schema that is none', true, ''],
  ['a string', withProperties({ r: region }), 'region:r:string'],
  [
    'one of each type, sorted by key',
    withProperties({ n: ofType('integer', 'Num'), b: ofType('boolean', 'Bold'), r: region }),
    'bold:b:boolean num:n:integer region:r:string',
  ],
  ['a nested property', withProperties({ at: withProperties({ r: region }) }), 'region:at.r:string'],
  [
    'a property beside a nested one',
    withProperties({ r: { ...withProperties({ s: ofType('string', 's') }), ...region } }),
    'region:r:string s:r.s:string',
  ],
  [
    'a name of all token characters',
    withProperties({ r: ofType('string', "!#$%&'*+.^_`|~09azAZ-") }),
    "!#$%&'*+.^_`|~09azaz-:r:string",
  ],
  ['the name of a standard header', withProperties({ r: ofType('string', 'Method') }), 'method:r:string'],
  ['a property called like the keyword', withProperties({ 'x-mcp-header': { type: 'string' } }), ''],
  [
    'an annotated property called like the keyword',
    withProperties({ 'x-mcp-header': region }),
    'region:x-mcp-header:string',
  ],
  ['a property called properties', withProperties({ properties: region }), 'region:properties:string'],
  ['a property called items', withProperties({ items: region }), 'region:items:string'],
  [
    'properties with names of every object',
    withProperties({ constructor: ofType('string', 'a'), toString: ofType('string', 'b') }),
    'a:constructor:string b:toString:string',
  ],
  ['an empty property name', withProperties({ '': region }), 'region::string'],
  [
    'data that looks like an annotation',
    withProperties({ r: { default: region, const: region, enum: [region], examples: [[region]] } }),
    '',
  ],
  ['a definition called like the keyword', { $defs: { 'x-mcp-header': { type: 'string' } } }, ''],
  ['a dependency of a property called like the keyword', { dependentRequired: { 'x-mcp-header': ['a'] } }, ''],
  ['a required property called like the keyword', { required: ['x-mcp-header'] }, ''],
  ['a keyword in another case', withProperties({ r: { 'X-Mcp-Header': 'Region' } }), ''],
  [
    'names that differ',
    withProperties({ r: region, s: ofType('string', 'Regions') }),
    'region:r:string regions:s:string',
  ],
];

for (const [what, schema, shown] of VALID) {
  test(`${what} is valid`, () => assert.equal(show(readSchema(schema)), shown));
}

const INVALID: readonly [what: string, schema: unknown, why: string][] = [
  ['an annotation of the root', { ...region, type: 'string' }, 'place'],
  ['one below items', withProperties({ a: { type: 'array', items: region } }), 'place'],
  ['one below properties below items', { items: withProperties({ r: region }) }, 'place'],
  ...['oneOf', 'anyOf', 'allOf', 'prefixItems'].map((k): [string, unknown, string] => [
    `one below ${k}`,
    withProperties({ a: { [k]: [region] } }),
    'place',
  ]),
  ...[
    'not',
    'if',
    'then',
    'else',
    'contains',
    'additionalProperties',
    'unevaluatedProperties',
    'propertyNames',
    'contentSchema',
  ].map((k): [string, unknown, string] => [
    `one below ${k}`,
    withProperties({ a: { [k]: withProperties({ r: region }) } }),
    'place',
  ]),
  ...['$defs', 'definitions', 'patternProperties', 'dependentSchemas', 'dependencies'].map(
    (k): [string, unknown, string] => [`one below ${k}`, { [k]: { r: region } }, 'place'],
  ),
  ['one below a keyword nobody knows', { 'x-more': { deep: [region] } }, 'place'],
  ['one in a list called properties', { properties: [region] }, 'place'],
  [
    'one that is valid too, below a condition',
    { ...withProperties({ r: region }), if: withProperties({ r: region }) },
    'place',
  ],
  ['an empty name', withProperties({ r: ofType('string', '') }), 'name'],
  ['a name with a space', withProperties({ r: ofType('string', 'My Region') }), 'name'],
  ['a name with a colon', withProperties({ r: ofType('string', 'Region:Primary') }), 'name'],
  ['a name beyond ASCII', withProperties({ r: ofType('string', 'Région') }), 'name'],
  [
    'a name with the Kelvin sign, which lower case makes a k',
    withProperties({ r: ofType('string', '\u212a') }),
    'name',
  ],
  ['a name with a tab', withProperties({ r: ofType('string', 'Region\t1') }), 'name'],
  ['a name with a line break', withProperties({ r: ofType('string', 'Region\r\nX: y') }), 'name'],
  ['a name that ends with a line feed', withProperties({ r: ofType('string', 'Region\n') }), 'name'],
  ...[7, null, true, ['Region'], { a: 'Region' }].map((name): [string, unknown, string] => [
    `a name that is ${JSON.stringify(name)}`,
    withProperties({ r: ofType('string', name) }),
    'name',
  ]),
  ...['number', 'object', 'array', 'null', 'String', undefined, ['string'], ['string', 'null'], 1].map(
    (type): [string, unknown, string] => [
      `type ${JSON.stringify(type)}`,
      withProperties({ r: ofType(type, 'Region') }),
      'type',
    ],
  ),
  ['one name twice', withProperties({ a: region, b: region }), 'repeated'],
  ['one name in two cases', withProperties({ a: region, b: ofType('string', 'REGION') }), 'repeated'],
  ['one name at two depths', withProperties({ a: region, b: withProperties({ c: region }) }), 'repeated'],
  [
    'names that differ in _ and - alone',
    withProperties({ a: ofType('string', 'A_B'), b: ofType('string', 'a-b') }),
    'repeated',
  ],
  ['a name beyond 128 characters', withProperties({ a: ofType('string', 'a'.repeat(129)) }), 'bounds'],
  [
    '65 annotations',
    withProperties(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`p${i}`, ofType('string', `h${i}`)]))),
    'bounds',
  ],
  ['a path beyond 4096 characters', withProperties({ ['a'.repeat(4097)]: region }), 'bounds'],
];

for (const [what, schema, why] of INVALID) {
  test(`${what} makes a tool invalid`, () => assert.equal(show(readSchema(schema)), why));
}

test('escapes and blanks hide no annotation', () => {
  const spelled = ['"x-mcp-\\u0068eader"', '"\\u0078-mcp-header"', '"x\\u002Dmcp-header"'];
  for (const keyword of spelled) {
    const schema = `{ "properties" : {"r":{"type":"str\\u0069ng" ,\n${keyword} : "R\\u0065gion"} } }`;
    assert.equal(show(readAnnotations(Buffer.from(`{"name":"a", "inputSchema":${schema} }`))), 'region:r:string');
    const below = schema.replace('"properties"', '"prop\\u0065rties"');
    assert.equal(show(readAnnotations(Buffer.from(`{"input\\u0053chema":${below}}`))), 'region:r:string');
    assert.equal(show(readAnnotations(Buffer.from(`{"inputSchema":{"items":${schema}}}`))), 'place');
  }
});

test('every letter of the keyword may be escaped, and other escapes are no reason to look', () => {
  const keyword = 'x-mcp-header';
  for (let at = 0; at < keyword.length; at++) {
    const hex = keyword.charCodeAt(at).toString(16).padStart(4, '0');
    for (const digits of [hex, hex.toUpperCase()]) {
      const spelled = `${keyword.slice(0, at)}\\u${digits}${keyword.slice(at + 1)}`;
      const tool = Buffer.from(`{"inputSchema":{"properties":{"r":{"type":"string","${spelled}":"Region"}}}}`);
      assert.ok(mayHoldAnnotations(tool));
      assert.equal(show(readAnnotations(tool)), 'region:r:string');
    }
  }
  assert.ok(!mayHoldAnnotations(Buffer.from('{"description":"\\u00e9\\u2019\\n\\\\","name":"a"}')));
});

test('only the schema of the arguments counts', () => {
  const tool = {
    name: 'a',
    outputSchema: withProperties({ r: region }),
    inputSchema: {},
    _meta: { inputSchema: { items: region } },
  };
  assert.equal(readAnnotations(Buffer.from(JSON.stringify(tool))), NO_ANNOTATIONS);
});

test('annotations are the same when they mean the same, in whatever order they stand', () => {
  const a = readSchema(withProperties({ r: region, b: ofType('boolean', 'B') }));
  assert.ok(sameAnnotations(a, readSchema(withProperties({ b: ofType('boolean', 'b'), r: region }))));
  for (const other of [
    withProperties({ r: region }),
    withProperties({ s: region, b: ofType('boolean', 'B') }),
    withProperties({ r: ofType('integer', 'Region'), b: ofType('boolean', 'B') }),
    withProperties({ a: withProperties({ r: region }), b: ofType('boolean', 'B') }),
    withProperties({ r: ofType('number', 'Region') }),
  ]) {
    assert.ok(!sameAnnotations(a, readSchema(other)), JSON.stringify(other));
    assert.ok(!sameAnnotations(readSchema(other), a), JSON.stringify(other));
  }
});

/** The rule as one would write it for parsed JSON. */
function describe(schema: unknown): string {
  const found: string[] = [];
  let fault = false;
  function visit(node: unknown, path: readonly string[] | undefined): void {
    if (Array.isArray(node)) for (const item of node) visit(item, undefined);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const { type, 'x-mcp-header': name } = node as Record<string, unknown>;
    if (name !== undefined) {
      const good = path !== undefined && path.length > 0 && typeof name === 'string' && /^[\w-]+$/.test(name);
      if (good && ['string', 'integer', 'boolean'].includes(String(type)) && typeof type === 'string')
        found.push(`${name.toLowerCase()}:${path.join('.')}:${type}`);
      else fault = true;
    }
    for (const [keyword, value] of Object.entries(node)) {
      if (['x-mcp-header', 'type', 'default'].includes(keyword)) continue;
      const named =
        ['properties', '$defs'].includes(keyword) &&
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value);
      if (!named) visit(value, undefined);
      else
        for (const [key, child] of Object.entries(value))
          visit(child, path !== undefined && keyword === 'properties' ? [...path, key] : undefined);
    }
  }
  visit(schema, []);
  const keys = found.map((text) => text.split(':')[0]?.replaceAll('_', '-'));
  return fault || new Set(keys).size < keys.length ? 'invalid' : found.toSorted().join(' ');
}

test('random schemas are read as a reader of parsed JSON reads them', () => {
  const name = fc.constantFrom('a', 'B', 'c_d', 'c-d', 'x-mcp-header', 'type', '');
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 5 },
      fc.record({
        type: fc.constantFrom('string', 'integer', 'number'),
        'x-mcp-header': fc.constantFrom('a', 'B', 'c_d', 'c-d', 'e f', 'g', 'h', 'i', 'j'),
      }),
      fc.dictionary(fc.constantFrom('properties', 'items', 'oneOf', '$defs', 'default', 'more'), tie('value'), {
        noNullPrototype: true,
      }),
      fc.record({ properties: fc.dictionary(name, tie('schema'), { noNullPrototype: true }) }),
    ),
    value: fc.oneof({ maxDepth: 5 }, fc.constant(true), tie('schema'), fc.array(tie('schema'), { maxLength: 3 })),
  }));
  fc.assert(
    fc.property(schema, (value) => {
      const annotations = readSchema(value);
      const shown = annotations.valid ? show(annotations) : 'invalid';
      assert.deepEqual(shown.split(' ').toSorted().join(' '), describe(value));
    }),
    { numRuns: 3_000 },
  );
});

function makeDeep(depth: number): Buffer {
  const members = Array.from({ length: 300 }, (_, at) => `"q${at}":[1,2,3],`).join('');
  const filler = `"description":"${'a '.repeat(2_000)}",${members}`;
  const chain = `{${filler}"properties":{"a":`.repeat(depth);
  return Buffer.from(`{"inputSchema":${chain}{"x-mcp-header":"A","type":"string"}${'}}'.repeat(depth)}}`);
}

test('depth costs no more than length', () => {
  const flat = makeDeep(1).toString().slice('{"inputSchema":'.length, -1);
  const wide = Buffer.from(`{"inputSchema":{"allOf":[${Array.from({ length: 120 }, () => flat).join(',')}]}}`);
  const nested = makeDeep(120);
  assert.ok(nested.length < wide.length * 1.1);
  assert.ok(
    measureRatio(
      () => readAnnotations(wide),
      () => readAnnotations(nested),
    ) < 4,
  );
});
