// W3C Trace Context is read strictly: the malformed cases of its test suite, and properties of reading and writing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatTraceparent, parseTraceparent, parseTracestate } from '../../../gateway/mcp/trace-context.ts';

const TRACE = '12345678901234567890123456789012';
const SPAN = '1234567890123456';
const GOOD = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length })
    .filter((id) => !/^0+$/.test(id));

test('a well-formed traceparent is read', () => {
  assert.deepEqual(parseTraceparent(GOOD), { traceId: TRACE, parentId: SPAN, sampled: true });
  for (const [flags, sampled] of [
    ['00', false],
    ['02', false],
    ['03', true],
    ['fe', false],
    ['ff', true],
  ] as const) {
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)?.sampled, sampled, flags);
  }
});

test('every malformed traceparent of the W3C test suite is none', () => {
  const malformed = [
    '',
    ' ',
    GOOD.slice(0, -1),
    `${GOOD}-`,
    `${GOOD}-what-the-future-will-be-like`,
    `${GOOD}.`,
    ` ${GOOD}`,
    `${GOOD} `,
    `ff-${TRACE}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01-x`,
    `0-${TRACE}-${SPAN}-01`,
    `000-${TRACE}-${SPAN}-01`,
    `.0-${TRACE}-${SPAN}-01`,
    `0.-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01.what-the-future-will-be-like`,
    `FE-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-.${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE.slice(0, -1)}.-${SPAN}-01`,
    `00-${TRACE}-${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN}7-01`,
    `00-${TRACE}-.${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN.slice(0, -1)}.-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-001`,
    `00-${TRACE}-${SPAN}-.0`,
    `00-${TRACE}-${SPAN}-0.`,
    `00-${TRACE.replace('1', 'A')}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.replace('1', 'B')}-01`,
    `00-${TRACE}-${SPAN}-0A`,
    `00_${TRACE}_${SPAN}_01`,
    `${GOOD},${GOOD}`,
    `00-${TRACE}-${SPAN}-01\n`,
    `00-${'１'.repeat(32)}-${SPAN}-01`,
  ];
  for (const text of malformed) assert.equal(parseTraceparent(text), undefined, JSON.stringify(text));
});

test('a later version is read as far as version 00 goes', () => {
  const read = { traceId: TRACE, parentId: SPAN, sampled: true };
  assert.deepEqual(parseTraceparent(`cc-${TRACE}-${SPAN}-01`), read);
  assert.deepEqual(parseTraceparent(`01-${TRACE}-${SPAN}-01-what-the-future-will-be-like`), read);
});

test('what is written is read again, and a single changed character is read as something else or as nothing', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, parentId, sampled) => {
      assert.deepEqual(parseTraceparent(formatTraceparent(traceId, parentId, sampled)), { traceId, parentId, sampled });
    }),
  );
  fc.assert(
    fc.property(fc.nat(54), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (at, c) => {
      const changed = GOOD.slice(0, at) + c + GOOD.slice(at + 1);
      const read = parseTraceparent(changed);
      if (read === undefined) return;
      assert.match(`${read.traceId}-${read.parentId}`, /^[0-9a-f]{32}-[0-9a-f]{16}$/);
    }),
    { numRuns: 2000 },
  );
});

test('any text is read without an error, and what is read is well-formed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 })), (text) => {
      const read = parseTraceparent(text);
      assert.equal(read === undefined || /^[0-9a-f]{32}$/.test(read.traceId), true);
      const state = parseTracestate(text);
      assert.equal(state === undefined || /^[\x20-\x7e]{1,512}$/.test(state), true);
    }),
    { numRuns: 2000 },
  );
});

test('a well-formed tracestate is passed on without the blanks and empty members between its members', () => {
  for (const [text, passed] of [
    ['foo=1', 'foo=1'],
    ['foo=1,bar=2', 'foo=1,bar=2'],
    ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    ['foo=1,', 'foo=1'],
    [',foo=1,,bar=2', 'foo=1,bar=2'],
    ['foo@bar=1', 'foo@bar=1'],
    ['0foo@bar=1', '0foo@bar=1'],
    ['f_o-o*/=1', 'f_o-o*/=1'],
    ['foo= 1', 'foo= 1'],
    ['foo="x\\', 'foo="x\\'],
    [`${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    [`foo=${'v'.repeat(256)}`, `foo=${'v'.repeat(256)}`],
    [`${'t'.repeat(241)}@${'v'.repeat(14)}=1`, `${'t'.repeat(241)}@${'v'.repeat(14)}=1`],
  ] as const) {
    assert.equal(parseTracestate(text), passed, text);
  }
  const most = Array.from({ length: 32 }, (_, i) => `bar${String(i).padStart(2, '0')}=${i}`).join(',');
  assert.equal(parseTracestate(most), most);
});

test('every malformed tracestate of the W3C test suite is none', () => {
  const malformed = [
    '',
    ' ',
    ',',
    'foo',
    'foo=',
    '=1',
    'foo=1=2',
    'foo =1',
    'FOO=1',
    'foo.bar=1',
    'foo@=1',
    '@foo=1',
    'foo@@bar=1',
    'foo@bar@baz=1',
    'foo@0bar=1',
    '0foo=1',
    'foo=1,bar',
    'foo=\u00e9',
    'foo=a\u0000',
    'foo=a\tb',
    `${'z'.repeat(257)}=1`,
    `${'t'.repeat(242)}@v=1`,
    `t@${'v'.repeat(15)}=1`,
    `foo=${'v'.repeat(257)}`,
    Array.from({ length: 33 }, (_, i) => `b${i}=1`).join(','),
    `a=${'x'.repeat(255)},b=${'y'.repeat(255)}`,
  ];
  for (const text of malformed) assert.equal(parseTracestate(text), undefined, JSON.stringify(text));
});
