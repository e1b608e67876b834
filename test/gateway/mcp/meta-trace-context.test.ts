// The trace context in `params._meta` is found and replaced without touching another byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits, type Edit } from '../../../gateway/mcp/edits.ts';
import { findMetaTraceContext, readMetaText, toTraceEdits } from '../../../gateway/mcp/meta-trace-context.ts';
import { isJsonFault, scanJson } from '../../../gateway/mcp/strict-json.ts';

const TRACEPARENT = '00-12345678901234567890123456789012-1234567890123456-01';

function splice(meta: string, tracestate: string | undefined, others: readonly Edit[] = []): string {
  const body = Buffer.from(meta);
  const edits = toTraceEdits(0, findMetaTraceContext(body, 0), { traceparent: TRACEPARENT, tracestate });
  return applyEdits(body, [...others, ...edits]).toString();
}

test('a context is put in where there is none', () => {
  assert.equal(splice('{"a":1}', undefined), `{"traceparent":"${TRACEPARENT}","a":1}`);
  const both = JSON.parse(splice('{ "a" : 1 }', 'x="q\\')) as object;
  assert.deepEqual(both, { traceparent: TRACEPARENT, tracestate: 'x="q\\', a: 1 });
});

test('a context that is there is replaced, and a tracestate that belonged to it goes', () => {
  assert.equal(splice('{"a":1,"traceparent":"old"}', undefined), `{"a":1,"traceparent":"${TRACEPARENT}"}`);
  assert.equal(
    splice('{"tracestate":"old=1","a":1e400,"traceparent":5}', undefined),
    `{"a":1e400,"traceparent":"${TRACEPARENT}"}`,
  );
  assert.equal(
    splice('{"a":1,"tracestate":"old=1"}', 'n=1'),
    `{"traceparent":"${TRACEPARENT}","a":1,"tracestate":"n=1"}`,
  );
});

test('a name written with escapes is the same name, so it never stands there twice', () => {
  const spliced = splice(String.raw`{"a":1,"\u0074raceparent":"old","trace\u0073tate":"o=1"}`, 'n=1');
  assert.equal(isJsonFault(scanJson(Buffer.from(spliced), { maxDepth: 8, maxMembers: 9, notedDepth: 2 })), false);
  assert.deepEqual(JSON.parse(spliced), { a: 1, traceparent: TRACEPARENT, tracestate: 'n=1' });
});

test('members of other objects are left alone', () => {
  const meta = '{"a":{"traceparent":"inner"},"b":["traceparent"],"c":"\\"traceparent\\":"}';
  assert.equal(splice(meta, undefined), `{"traceparent":"${TRACEPARENT}",${meta.slice(1)}`);
});

test('only a string is read', () => {
  const body = Buffer.from('{"traceparent":{"x":1},"tracestate":"a\\u003d1"}');
  const found = findMetaTraceContext(body, 0);
  assert.equal(readMetaText(body, found.traceparent), undefined);
  assert.equal(readMetaText(body, found.tracestate), 'a=1');
  assert.equal(readMetaText(body, undefined), undefined);
});

test('it stays whole beside another stage that drops the first or the last member', () => {
  const meta = '{"x":1,"a":2,"y":3}';
  const first: Edit = { start: 1, end: 6, text: undefined };
  const last: Edit = { start: 13, end: 18, text: undefined };
  assert.deepEqual(JSON.parse(splice(meta, 'n=1', [first, last])), {
    traceparent: TRACEPARENT,
    tracestate: 'n=1',
    a: 2,
  });
});

test('whatever stands in the object, what comes out is the same object with this context', () => {
  const names = fc.constantFrom('traceparent', 'tracestate', 'a', 'b/c', 'é', '"');
  const entries = fc.uniqueArray(fc.tuple(names, fc.jsonValue({ maxDepth: 2 })), { selector: ([name]) => name });
  const states = fc.option(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), { nil: undefined });
  fc.assert(
    fc.property(entries, fc.constantFrom(0, 1), states, (members, indent, tracestate) => {
      const before = Object.fromEntries([['kept', 0], ...members]) as Record<string, unknown>;
      const after = JSON.parse(splice(JSON.stringify(before, null, indent), tracestate)) as object;
      const { tracestate: _old, ...rest } = before;
      const expected = { ...rest, traceparent: TRACEPARENT, ...(tracestate !== undefined && { tracestate }) };
      assert.deepEqual(after, JSON.parse(JSON.stringify(expected)));
    }),
    { numRuns: 500 },
  );
});
