// The value of a mirrored header: what is encoded comes back, and what two decoders could read in two ways is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeFieldValue, encodeFieldValue, isPlainField, trimField } from '../../../gateway/mcp/header-value.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.string({ maxLength: 20 }).map((text) => `=?base64?${text}?=`),
  fc.constantFrom(
    '',
    ' ',
    '\t',
    ' a',
    'a ',
    '=?base64?',
    '?=',
    '=?base64?=',
    '=?base64??=',
    '\ufeff',
    '\0',
    '\x7f',
    '\r\nx: y',
  ),
);

test('every text comes back from its encoding, and the encoding is a safe field value', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const encoded = encodeFieldValue(text);
      assert(isPlainField(encoded));
      assert.equal(trimField(encoded), encoded);
      assert.equal(decodeFieldValue(encoded), text);
    }),
    { numRuns: 2000 },
  );
});

test('a decoded value has exactly one encoding between the markers', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 24 }), (inside) => {
      const value = `=?base64?${inside}?=`;
      const decoded = decodeFieldValue(value);
      if (decoded !== undefined) assert.equal(`=?base64?${Buffer.from(decoded).toString('base64')}?=`, value);
    }),
    { numRuns: 2000 },
  );
});

/** Base64 between the markers, and what it stands for; undefined where it must be refused. */
const INSIDE: readonly (readonly [what: string, inside: string, decoded: string | undefined])[] = [
  ['canonical', 'Zm9v', 'foo'],
  ['canonical, one byte', 'Zg==', 'f'],
  ['canonical, two bytes', 'Zm8=', 'fo'],
  ['canonical, UTF-8', 'w6k=', 'é'],
  ['canonical, with plus and slash', '77+/', '\uffff'],
  ['canonical, a NUL', 'AA==', '\0'],
  ['nothing', '', ''],
  ['no padding', 'Zg', undefined],
  ['half the padding', 'Zg=', undefined],
  ['too much padding', 'Zg===', undefined],
  ['padding that is not needed', 'Zm9v=', undefined],
  ['padding alone', '====', undefined],
  ['padding in front', '=Zg=', undefined],
  ['trailing bits that are not zero', 'Zh==', undefined],
  ['trailing bits that are not zero, two bytes', 'Zm9=', undefined],
  ['the URL-safe alphabet', '77-_', undefined],
  ['both alphabets', '77+_', undefined],
  ['a space inside', 'Zm 9v', undefined],
  ['a space in front', ' Zm9v', undefined],
  ['a space behind', 'Zm9v ', undefined],
  ['a tab inside', 'Zm\t9v', undefined],
  ['two encodings joined', 'Zg==Zg==', undefined],
  ['a foreign character', 'Zm9v!', undefined],
  ['a foreign character that a decoder would skip', 'Z!m9v', undefined],
  ['a comma, as joined headers have', 'Zm9v, Zm9v', undefined],
  ['a single character', 'Z', undefined],
  ['Latin-1', '6Q==', undefined],
  ['an overlong slash', 'wK8=', undefined],
  ['an encoded surrogate', '7aCA', undefined],
  ['cut UTF-8', '4oI=', undefined],
  ['0xff', '/w==', undefined],
];

test('only canonical standard Base64 of UTF-8 is decoded', () => {
  for (const [what, inside, decoded] of INSIDE) {
    assert.equal(decodeFieldValue(`=?base64?${inside}?=`), decoded, what);
  }
});

const LITERAL = [
  '',
  'foo',
  'foo bar',
  'foo\tbar',
  'Zm9v',
  '=?BASE64?Zm9v?=',
  '=?Base64?Zm9v?=',
  '=?base64?Zm9v',
  '=?base64?Zm9v?',
  '=?base64?=',
  '=?base64?',
  'base64?Zm9v?=',
  '?base64?Zm9v?=',
  'x=?base64?Zm9v?=',
  '=?base64?Zm9v?=x',
  '=?base64 ?Zm9v?=',
  '=?base32?Zm9v?=',
  '=?utf-8?B?Zm9v?=',
  '~!@#$%^&*()_+{}|:"<>?',
];

test('a value that only looks half like the marker is literal', () => {
  for (const value of LITERAL) assert.equal(decodeFieldValue(value), value);
});

test('anything but visible ASCII, space and tab is refused, plain and between markers', () => {
  for (let c = 0; c < 0x180; c++) {
    const isPlain = c === 0x09 || (c >= 0x20 && c <= 0x7e);
    const char = String.fromCharCode(c);
    assert.equal(isPlainField(`a${char}b`), isPlain, `U+${c.toString(16)}`);
    assert.equal(decodeFieldValue(`a${char}b`), isPlain ? `a${char}b` : undefined);
    if (!isPlain) assert.equal(decodeFieldValue(`=?base64?Zm${char}9v?=`), undefined);
  }
  for (const char of ['\u2028', '\ufeff', '😀', '\ud800']) assert.equal(decodeFieldValue(char), undefined);
});

test('space and tab around a value are no part of it, anything else is', () => {
  const rows = [
    ['', ''],
    [' ', ''],
    [' \t \t', ''],
    ['a', 'a'],
    [' a', 'a'],
    ['a\t', 'a'],
    ['\t a b \t', 'a b'],
    ['\u00a0a', '\u00a0a'],
    ['\na', '\na'],
    ['a\v', 'a\v'],
  ] as const;
  for (const [value, trimmed] of rows) assert.equal(trimField(value), trimmed);
});
