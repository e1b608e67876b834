// The digest of arguments: one for all spellings of a value, another one for every other value.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { isJsonFault, scanJson } from '../../../gateway/mcp/strict-json.ts';
import { digestJson } from '../../../gateway/sealing/arguments-digest.ts';
import { measureRatio } from '../mcp/measure-ratio.ts';

const LIMITS = { maxDepth: 64, maxMembers: 10_000, notedDepth: 3 };

function digest(text: string): string {
  const bytes = Buffer.from(text);
  assert.ok(!isJsonFault(scanJson(bytes, LIMITS)), text);
  return digestJson(bytes, 0);
}

const toDigest = (canonical: string): string => hash('sha256', canonical, 'base64url');

/** Writes a value in a spelling of its own: members shuffled, blanks, escapes, exponents. */
function respell(value: unknown, random: () => number): string {
  const blank = (): string => [' ', '', '\n', '\t\r', ''][Math.floor(random() * 5)] as string;
  const around = (text: string): string => blank() + text + blank();
  if (typeof value === 'string') return around(respellString(value, random));
  if (typeof value === 'number') return around(respellNumber(value, random));
  if (Array.isArray(value)) return around(`[${value.map((item) => respell(item, random)).join()}${blank()}]`);
  if (typeof value !== 'object' || value === null) return around(JSON.stringify(value));
  const members = Object.entries(value).map(
    ([name, inner]) => [random(), `${around(respellString(name, random))}:${respell(inner, random)}`] as const,
  );
  const shuffled = members.toSorted(([a], [b]) => a - b).map(([, text]) => text);
  return around(`{${shuffled.join()}${blank()}}`);
}

function respellString(text: string, random: () => number): string {
  const units = [
    ...JSON.stringify(text)
      .slice(1, -1)
      .matchAll(/\\(?:u[0-9a-f]{4}|.)|[\s\S]/gu),
  ].map(([unit]) => {
    if (unit === '/' && random() < 0.5) return '\\/';
    if (random() < 0.6) return unit;
    const plain = JSON.parse(`"${unit}"`) as string;
    return plain
      .split('')
      .map((one) => (random() < 0.5 ? hex(one.charCodeAt(0)) : hex(one.charCodeAt(0)).toUpperCase().replace('U', 'u')))
      .join('');
  });
  return `"${units.join('')}"`;
}

const hex = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

function respellNumber(number: number, random: () => number): string {
  const [, sign = '', digits = '', exponent = '0'] = /^(-?)(.*?)(?:e([+-]\d+))?$/.exec(String(number)) ?? [];
  if (number === 0) return ['0', '-0', '0.00', '0e7', '-0.0E-3'][Math.floor(random() * 5)] as string;
  if (random() < 0.4) return JSON.stringify(number);
  const [whole = '', part = ''] = digits.split('.');
  // Moves the point to the end, then any number of places on.
  const zeros = Math.floor(random() * 4);
  const power = Number(exponent) - part.length - zeros;
  const significant = `${whole}${part}`.replace(/^0+(?=\d)/, '') + '0'.repeat(zeros);
  const e = random() < 0.5 ? 'e' : 'E';
  const plus = power >= 0 && random() < 0.5 ? '+' : '';
  return `${sign}${significant}${random() < 0.5 ? '.0' : ''}${e}${plus}${power}`;
}

const wellFormed = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '/', '\n', '\u0000', '\u001f', '\u007f', 'é', '€', '😀', '\ue000', '\uffff'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, 1e21, 1e-7, 123456789012345680000, 5e-324, 1.7976931348623157e308),
    wellFormed,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value')),
    fc.dictionary(
      // scanJson refuses NUL in names.
      wellFormed.map((name) => name.replaceAll('\0', '')),
      tie('value'),
    ),
  ),
})).value;

test('whatever a double can say is digested as RFC 8785 has it, in any spelling', () => {
  fc.assert(
    fc.property(value, fc.infiniteStream(fc.nat(999)), (any, stream) => {
      const random = (): number => (stream.next().value as number) / 1000;
      const text = respell(any, random).trimStart();
      assert.equal(digest(text), toDigest(canonicalize(JSON.parse(text)) as string), text);
    }),
    { numRuns: 1000 },
  );
});

test('the samples of RFC 8785 have its canonical forms', () => {
  const sample =
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}';
  // The first number has more digits than the nearest double says, so it keeps them.
  assert.equal(
    digest(sample),
    toDigest(
      '{"literals":[null,true,false],"numbers":[333333333.33333329,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
  );
  assert.equal(
    digest(
      '{"\\u20ac":"Euro","\\r":"CR","\\ufb33":"Dalet","1":"One","\\ud83d\\ude00":"Grin","\\u0080":"C","\\u00f6":"o"}',
    ),
    toDigest('{"\\r":"CR","1":"One","\u0080":"C","ö":"o","€":"Euro","😀":"Grin","\ufb33":"Dalet"}'),
  );
});

for (const [text, canonical] of [
  ['-0', '0'],
  ['-0.0e-5', '0'],
  ['0e999999999999999999999', '0'],
  ['1.0', '1'],
  ['10e-1', '1'],
  ['100000000000000000000', '100000000000000000000'],
  ['1e20', '100000000000000000000'],
  ['1e21', '1e+21'],
  ['1000000000000000000000', '1e+21'],
  ['0.000001', '0.000001'],
  ['0.0000001', '1e-7'],
  ['123.456e-2', '1.23456'],
  ['-1.5E+300', '-1.5e+300'],
  ['9007199254740993', '9007199254740993'],
  ['1e400', '1e+400'],
  ['4e-324', '4e-324'],
  ['-12345678901234567890123', '-1.2345678901234567890123e+22'],
  ['0.10000000000000000000001', '0.10000000000000000000001'],
  ['1e000000000000000000000002', '100'],
  ['1e9999999999999999', '1e9999999999999999'],
] as const) {
  test(`${text} is digested as ${canonical}`, () => {
    assert.equal(digest(text), toDigest(canonical));
    assert.equal(digest(`[${text} , {"a": ${text}}]`), toDigest(`[${canonical},{"a":${canonical}}]`));
  });
}

test('numbers that one double would make equal have different digests', () => {
  const texts = [
    '9007199254740992',
    '9007199254740993',
    '18446744073709551616',
    '18446744073709552000',
    '1e400',
    '1e401',
    '0',
    '1e-400',
    '-1e-400',
    '0.1',
    '0.10000000000000001',
  ];
  assert.equal(new Set(texts.map(digest)).size, texts.length);
});

test('two numbers have one digest exactly when they are one number', () => {
  const literal = fc
    .tuple(
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 10n ** 24n }),
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: -40, max: 40 }),
    )
    .map(([negative, digits, places, power]) => {
      const text = digits.toString().padStart(places + 1, '0');
      const cut = text.length - places;
      const point = places === 0 ? '' : `.${text.slice(cut)}`;
      return {
        text: `${negative ? '-' : ''}${text.slice(0, cut)}${point}e${power}`,
        digits: negative ? -digits : digits,
        power: power - places,
      };
    });
  const near = fc
    .tuple(literal, fc.integer({ min: 0, max: 3 }), fc.constantFrom(0n, 0n, 1n))
    .map(([one, zeros, plus]) => {
      const digits = one.digits * 10n ** BigInt(zeros) + plus;
      return [one, { text: `${digits}e${one.power - zeros}`, digits, power: one.power - zeros }] as const;
    });
  fc.assert(
    fc.property(fc.oneof(fc.tuple(literal, literal), near), ([a, b]) => {
      const least = Math.min(a.power, b.power);
      const isSame = a.digits * 10n ** BigInt(a.power - least) === b.digits * 10n ** BigInt(b.power - least);
      assert.equal(digest(a.text) === digest(b.text), isSame, `${a.text} ${b.text}`);
    }),
    { numRuns: 2000 },
  );
});

test('a change anywhere in the arguments changes the digest', () => {
  const base = '{"a":[1,{"b":"x","c":null}],"d":{},"e":[],"f":"","g":true}';
  const others = [
    '{"a":[1,{"b":"x","c":null}],"d":[],"e":[],"f":"","g":true}',
    '{"a":[{"b":"x","c":null},1],"d":{},"e":[],"f":"","g":true}',
    '{"a":[1,{"b":"x","c":"null"}],"d":{},"e":[],"f":"","g":true}',
    '{"a":[1,{"b":"x"}],"c":null,"d":{},"e":[],"f":"","g":true}',
    '{"a":[1,{"b":"X","c":null}],"d":{},"e":[],"f":"","g":true}',
    '{"a":["1",{"b":"x","c":null}],"d":{},"e":[],"f":"","g":true}',
    '{"a":[1,{"b":"x","c":null}],"d":{},"e":[[]],"f":"","g":true}',
    '{"a":[1,{"b":"x","c":null}],"d":{},"e":[],"f":"","g":true,"h":null}',
  ];
  assert.equal(new Set([base, ...others].map(digest)).size, others.length + 1);
});

test('a value within a text is digested by itself', () => {
  const text = Buffer.from('{"x": {"b":1,"a":[ {"d":1,"c":2} ]} ,"y":2}');
  assert.equal(digestJson(text, 6), toDigest('{"a":[{"c":2,"d":1}],"b":1}'));
});

const MIB = 1 << 20;
const fill = (unit: string): string => unit.repeat(Math.floor(MIB / Buffer.byteLength(unit)));
const members = (count: number, write: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => write(i)).join();

for (const [what, text] of [
  ['plain text', `["${fill('a')}"]`],
  ['escaped letters', `["${fill('\\u0061')}"]`],
  ['many small strings', `[${fill('"a",')}1]`],
  ['exponents', `[${fill('1e99,')}1]`],
  ['one long number', `[1.${fill('0')}1]`],
  ['one long exponent', `[1e${fill('0')}1]`],
  ['numbers that grow', `[${fill('1e20,')}1]`],
  ['empty objects', `[${fill('{},')}1]`],
  ['names in the wrong order', `{${members(9999, (i) => `"${'x'.repeat(90)}${99_999 - i}":1`)}}`],
  ['objects in the wrong order, nested', `${'{"b":'.repeat(60)}"${fill('a')}"${',"a":1}'.repeat(60)}`],
] as const) {
  test(`one MiB of ${what} is digested in time with its length`, () => {
    const bytes = Buffer.from(text);
    assert.ok(!isJsonFault(scanJson(bytes, LIMITS)));
    // Reading it strictly is what every body costs anyway.
    const ratio = measureRatio(
      () => scanJson(bytes, LIMITS),
      () => digestJson(bytes, 0),
    );
    assert.ok(ratio < 20, `${ratio.toFixed(1)} times`);
  });
}
