// What the scanner takes for JSON, one table per part of the grammar (RFC 8259, RFC 3629).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanText } from './scan-text.ts';

const NUMBERS = ['0', '-0', '1', '-1', '10', '0.5', '-0.0', '1e5', '1E5', '1e+5', '1e-5', '1e400', '9'.repeat(400)];
const NO_NUMBERS = ['01', '00', '-01', '-', '--1', '+1', '.5', '1.', '1.e5', '1e', '1e+', '1e1.5', '0x1', '1_000'];
const NO_WORDS = [
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  'True',
  'nul',
  'nulll',
  'truefalse',
  'tru\u0435',
  '\u0661',
];

test('numbers are taken exactly as the grammar has them', () => {
  for (const number of NUMBERS) {
    assert.equal(scanText(number), 'accepted', number);
    assert.equal(scanText(`{"n":[${number}, ${number}]}`), 'accepted', number);
  }
  for (const number of [...NO_NUMBERS, ...NO_WORDS]) {
    assert.match(scanText(number), /^not_json: (?:syntax|trailing)$/, number);
    assert.equal(scanText(`[${number}]`), 'not_json: syntax', number);
    assert.equal(scanText(`{"n":${number}}`), 'not_json: syntax', number);
  }
});

const BROKEN = [
  '{',
  '[',
  '"',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{,}',
  '{"a" 1}',
  '{"a"::1}',
  '{a:1}',
  "{'a':1}",
  '{1:1}',
  '[}',
  '{]',
  '[1}',
  '{"a":1]',
  '// comment\n1',
  '/* comment */ 1',
  '"a\\x41"',
  '"a\\u12"',
  '"a\\u12g4"',
  '"a\\u{41}"',
  '"a\\',
  '"\\ud800\\u12"',
  '\u00a01',
  '\u20281',
  '\v1',
  '\f1',
  '\0',
];

test('texts outside the grammar are no JSON', () => {
  for (const text of BROKEN) assert.equal(scanText(text), 'not_json: syntax', JSON.stringify(text));
});

test('anything but white space behind the value is no JSON', () => {
  for (const tail of ['x', '{}', ',', ']', '}', '\0', '\u00a0', '\ufeff', '"', '1']) {
    assert.equal(scanText(`{}${tail}`), 'not_json: trailing', JSON.stringify(tail));
    assert.equal(scanText(`[1] \n${tail}`), 'not_json: trailing', JSON.stringify(tail));
  }
  assert.equal(scanText(' \t\r\n{} \t\r\n'), 'accepted');
});

test('nothing, and nothing but white space, is no JSON', () => {
  for (const text of ['', ' ', '\n\n', '\t\r\n ']) assert.equal(scanText(text), 'not_json: empty');
});

test('a byte order mark is no JSON, wherever it stands', () => {
  assert.equal(scanText('\ufeff{}'), 'not_json: bom');
  assert.equal(scanText('\ufeff'), 'not_json: bom');
  assert.equal(scanText(' \ufeff{}'), 'not_json: syntax');
  assert.equal(scanText(Buffer.from('{}', 'utf16le')), 'not_json: syntax');
  assert.equal(scanText(Buffer.from('\ufeff{}', 'utf16le')), 'not_json: utf8');
  assert.equal(scanText('{"a":"\ufeff"}'), 'accepted');
});

test('control characters must be escaped inside strings; DEL and C1 need not be', () => {
  for (let c = 0; c < 0x20; c++) {
    const raw = String.fromCharCode(c);
    assert.equal(scanText(`"a${raw}b"`), 'not_json: syntax', `value with ${c}`);
    assert.equal(scanText(`{"a${raw}b":1}`), 'not_json: syntax', `name with ${c}`);
    assert.equal(scanText(`"\\u00${c.toString(16).padStart(2, '0')}"`), 'accepted', `escaped ${c}`);
  }
  for (const raw of ['\x7f', '\x80', '\x9f', '\u2028', '\u2029', '\ufffe', '\uffff', '\u{10ffff}']) {
    assert.equal(scanText(`"${raw}"`), 'accepted');
  }
});

const BAD_UTF8: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ['a lone continuation byte', [0x80]],
  ['overlong slash in two bytes', [0xc0, 0xaf]],
  ['overlong NUL', [0xc0, 0x80]],
  ['overlong quote', [0xc0, 0xa2]],
  ['overlong in two bytes, highest', [0xc1, 0xbf]],
  ['overlong in three bytes', [0xe0, 0x80, 0xaf]],
  ['overlong in three bytes, highest', [0xe0, 0x9f, 0xbf]],
  ['overlong in four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['overlong in four bytes, highest', [0xf0, 0x8f, 0xbf, 0xbf]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['a surrogate pair (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['two bytes cut to one', [0xc3]],
  ['three bytes cut to two', [0xe2, 0x82]],
  ['four bytes cut to three', [0xf0, 0x9f, 0x98]],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['0xfe', [0xfe]],
  ['0xff', [0xff]],
  ['Latin-1', [0xe9]],
];

test('bytes that are no UTF-8 are no JSON, in values, in names and behind the text', () => {
  for (const [what, bad] of BAD_UTF8) {
    const bytes = Buffer.from(bad);
    for (const [head, tail] of [
      ['{"a":"', '"}'],
      ['{"a', '":1}'],
      ['{}', ''],
    ] as const) {
      const text = Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
      assert.equal(scanText(text), 'not_json: utf8', what);
    }
  }
});

test('the lone half of a surrogate pair is refused in values and names, a pair is not', () => {
  for (const lone of [
    '\\ud800',
    '\\udc00',
    '\\ud800x',
    '\\ud800\\ud800',
    '\\ud83d\\n',
    '\\ude00\\ud83d',
    '\\uDBFF\\u0041',
  ]) {
    assert.equal(scanText(`["${lone}"]`), 'not_json: surrogate', lone);
    assert.equal(scanText(`{"${lone}":1}`), 'not_json: surrogate', lone);
  }
  assert.equal(scanText('{"\\ud83d\\uDE00":"\\uD83D\\ude00"}'), 'accepted');
});

test('64 containers inside each other are taken, 65 are not', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const nest = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
    assert.equal(scanText(nest(64)), 'accepted');
    assert.equal(scanText(nest(65)), 'ambiguous: depth');
  }
  assert.equal(scanText(`${'['.repeat(64)}${']'.repeat(64)}`), 'accepted');
  assert.equal(scanText(`${'['.repeat(65)}${']'.repeat(65)}`), 'ambiguous: depth');
  assert.equal(scanText('['.repeat(1_000_000)), 'ambiguous: depth');
  assert.equal(scanText(`[${'[[]],'.repeat(200)}[]]`), 'accepted', 'depth goes down again');
});

const flat = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"n${i}":0`).join(',')}}`;
const spread = (count: number): string => `[${Array.from({ length: count }, () => '{"a":0}').join(',')}]`;

test('10,000 members are taken, 10,001 are not, however they are spread', () => {
  for (const write of [flat, spread]) {
    assert.equal(scanText(write(10_000)), 'accepted');
    assert.equal(scanText(write(10_001)), 'ambiguous: members');
  }
  assert.equal(scanText(`[${flat(5000)},${spread(5000)}]`), 'accepted');
  assert.equal(scanText(`[${flat(5000)},${spread(5001)}]`), 'ambiguous: members');
});
