// A message that is watched while it streams gets the verdict it would get when read whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toMessageKind } from '../../../gateway/mcp/json-rpc.ts';
import { JsonWatch } from '../../../gateway/mcp/json-watch.ts';
import { cutBytes, cuts } from './cut-bytes.ts';
import { findAmbiguities } from './find-ambiguities.ts';
import { anyString, jsonText, spoiledText } from './json-texts.ts';
import { MESSAGES } from './messages.ts';

function watch(pieces: readonly Buffer[], id: string | number): string {
  const watching = new JsonWatch(id);
  for (const piece of pieces) {
    if (!watching.push(piece)) {
      assert.equal(watching.end(), 'invalid', 'what was given up is invalid');
      assert.equal(watching.push(Buffer.from(' ')), false, 'and stays given up');
      return 'invalid';
    }
  }
  return watching.end();
}

const toSingleBytes = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));

for (const [kind, id, text] of MESSAGES) {
  test(`to a request with id ${JSON.stringify(id)}, ${text.slice(0, 100)} is ${kind}`, () => {
    assert.equal(watch([Buffer.from(text)], id), kind);
    assert.equal(watch(toSingleBytes(Buffer.from(text)), id), kind);
  });
}

const member = fc.oneof(
  fc.constantFrom('"jsonrpc":"2.0"', '"id":1', '"result":{}', '"error":{}', '"method":"x"', '"params":{}', '"id":"1"'),
  jsonText.map((value) => `"result":${value}`),
  jsonText.map((value) => `"id":${value}`),
  fc.tuple(anyString, jsonText).map(([name, value]) => `${name}:${value}`),
);
const message = fc.oneof(
  jsonText,
  jsonText.map((value) => `{"jsonrpc":"2.0","id":1,"result":{"value":${value}}}`),
  jsonText.map((value) => `{"jsonrpc":"2.0","method":"notifications/x","params":${value}}`),
  fc.array(member, { maxLength: 7 }).map((members) => `{"jsonrpc":"2.0",${members.join(',')}}`),
  fc
    .shuffledSubarray(['"jsonrpc":"2.0"', '"id":1', '"result":{}', '"error":{}', '"method":"x"'])
    .map((all) => `{${all.join()}}`),
);
const spoiled = spoiledText.map((bytes) =>
  Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"value":'), bytes, Buffer.from('}}')]),
);

/** What only a reader of the whole text sees: names repeated or holding a NUL. The watch is tested for them by itself. */
function isBeyondWatch(bytes: Buffer): boolean {
  const found = findAmbiguities(bytes);
  return found !== undefined && (found.has('duplicate') || found.has('nul_in_name'));
}

test('watching in pieces and reading whole come to the same verdict', () => {
  const bytes = fc.oneof(
    message.map((text) => Buffer.from(text)),
    spoiled,
  );
  fc.assert(
    fc.property(bytes, cuts, (text, at) => {
      fc.pre(!isBeyondWatch(text));
      assert.equal(watch(cutBytes(text, at), 1), toMessageKind(text, 1));
    }),
    { numRuns: 4000 },
  );
});

test('where a text is cut does not change what the watch says', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        message.map((text) => Buffer.from(text)),
        spoiled,
      ),
      cuts,
      (text, at) => {
        const whole = watch([text], 1);
        assert.equal(watch(cutBytes(text, at), 1), whole);
        assert.equal(watch(toSingleBytes(text), 1), whole);
      },
    ),
    { numRuns: 1500 },
  );
});

test('a name repeated in the outer object is refused however it is spelled; one repeated inside is not seen', () => {
  const outer = '{"jsonrpc":"2.0","id":1,"result":{},"x":1,"\\u0078":2}';
  const inner = '{"jsonrpc":"2.0","id":1,"result":{"x":1,"x":2}}';
  assert.equal(watch([Buffer.from(outer)], 1), 'invalid');
  assert.equal(toMessageKind(Buffer.from(outer), 1), 'invalid');
  assert.equal(watch([Buffer.from(inner)], 1), 'result');
  assert.equal(toMessageKind(Buffer.from(inner), 1), 'invalid');
});

test('a NUL in a name is refused by the watch as it is in a text that is read whole', () => {
  for (const text of [
    '{"jsonrpc":"2.0","id":1,"result":{},"a\\u0000":1}',
    '{"jsonrpc":"2.0","id":1,"result":{"a\\u0000":1}}',
    '{"jsonrpc":"2.0","id":1,"result":{"a":[{"\\u0000":1}]}}',
  ]) {
    assert.equal(toMessageKind(Buffer.from(text), 1), 'invalid');
    assert.equal(watch([Buffer.from(text)], 1), 'invalid', text);
  }
});

test('depth is bounded alike for both', () => {
  for (const [depth, kind] of [
    [254, 'result'],
    [255, 'invalid'],
    [1_000_000, 'invalid'],
  ] as const) {
    const text = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`);
    assert.equal(watch([text], 1), kind);
    assert.equal(toMessageKind(text, 1), kind);
  }
});

test('an id or a method too long to be kept whole is judged alike by both', () => {
  const texts = [
    [`{"jsonrpc":"2.0","id":"${'x'.repeat(20_000)}","result":{}}`, 'invalid'],
    [`{"jsonrpc":"2.0","method":"${'x'.repeat(20_000)}"}`, 'notification'],
    [`{"jsonrpc":"2.0","id":1,"result":{"a":"${'x'.repeat(100_000)}"}}`, 'result'],
    [`{"jsonrpc":"2.0${' '.repeat(20_000)}","id":1,"result":{}}`, 'invalid'],
  ] as const;
  for (const [text, kind] of texts) {
    assert.equal(toMessageKind(Buffer.from(text), 1), kind);
    assert.equal(watch([Buffer.from(text)], 1), kind);
  }
});

test('the longest id a request may have agrees when it comes back with every character escaped', () => {
  const id = 'x'.repeat(1022);
  const text = Buffer.from(`{"jsonrpc":"2.0","id":"${'\\u0078'.repeat(1022)}","result":{}}`);
  assert.equal(toMessageKind(text, id), 'result');
  assert.equal(watch([text], id), 'result');
});
