// Streams of events are cut into whole blocks: the same ones wherever the network cut them, and not a byte changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type SseBlock, SseSplitter } from '../../../gateway/mcp/sse-splitter.ts';
import { cutBytes, cuts } from './cut-bytes.ts';
import { readEvents } from './read-events.ts';

interface Split {
  readonly blocks: readonly SseBlock[];
  readonly accepted: boolean;
  readonly isClean: boolean;
}

function split(pieces: readonly (string | Buffer)[], maxBytes = 1_000_000): Split {
  const splitter = new SseSplitter(maxBytes);
  const blocks: SseBlock[] = [];
  // Every piece must be taken; what a refused one would bring next is of no interest.
  const accepted = pieces.every((piece) => splitter.push(Buffer.from(piece), (block) => blocks.push(block)));
  return { blocks, accepted, isClean: splitter.isClean };
}

const toBytes = ({ blocks }: Split): string => Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();
const toData = ({ blocks }: Split): (string | undefined)[] => blocks.map(({ data }) => data?.toString());
const toEvents = (done: Split): (string | undefined)[] => toData(done).filter((data) => data !== undefined);

const line = fc.oneof(
  fc.constantFrom(
    '',
    '',
    '',
    ':',
    ': keep-alive',
    ':data: no',
    'data',
    'data:',
    'data: ',
    'data:x',
    'data: x',
    'data:  x',
  ),
  fc.constantFrom('data : x', 'Data: x', 'DATA:x', 'data2: x', 'dat: x', ' data: x', 'data:x:y', 'data: {"a":1}'),
  fc.constantFrom(
    'id: 1',
    'id',
    'event: message',
    'event',
    'retry: 10',
    'unknown: x',
    'unknown',
    'data: é€😀',
    '\0',
    'x',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => `data: ${text}`),
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', '\r')), { maxLength: 25 })
  .map((lines) => lines.flat().join(''))
  .filter((text) => Buffer.from(text)[0] !== 0xef);

test('the data of the blocks is what a reader by the standard dispatches, wherever the stream is cut', () => {
  fc.assert(
    fc.property(stream, cuts, (text, at) => {
      const done = split(cutBytes(Buffer.from(text), at));
      assert(done.accepted);
      assert.deepEqual(toEvents(done), readEvents(text));
    }),
    { numRuns: 2000 },
  );
});

test('the bytes of the blocks are the stream, but for a block that is not over', () => {
  fc.assert(
    fc.property(stream, fc.constantFrom('', 'data: half', 'data: x\n', ': half', 'id: 1\r'), cuts, (text, tail, at) => {
      const done = split(cutBytes(Buffer.from(text + tail), at));
      const passed = toBytes(done);
      assert((text + tail).startsWith(passed));
      const rest = (text + tail).slice(passed.length);
      const held = passed.endsWith('\r') && rest.startsWith('\n') ? rest.slice(1) : rest;
      assert.deepEqual(readEvents(held), []);
      assert.doesNotMatch(held, /^(?:\r|\n)|(?:\n\n|\r\r|\r\n\r\n)/);
      assert.equal(done.isClean, held === '');
    }),
    { numRuns: 2000 },
  );
});

test('however a stream is cut, the blocks say the same', () => {
  fc.assert(
    fc.property(stream, cuts, (text, at) => {
      const bytes = Buffer.from(text);
      const whole = split([bytes]);
      const pieces = split(cutBytes(bytes, at));
      const single = split([...bytes].map((byte) => Buffer.from([byte])));
      assert.deepEqual(toData(pieces), toData(whole));
      assert.deepEqual(toData(single), toData(whole));
    }),
    { numRuns: 1000 },
  );
});

const ROWS: readonly (readonly [stream: string, data: readonly (string | undefined)[]])[] = [
  ['data: a\n\n', ['a']],
  ['data: a\r\n\r\n', ['a']],
  ['data: a\r\r', ['a']],
  ['data: a\r\n\n', ['a']],
  ['data: a\n\r\n', ['a']],
  ['data: a\n\ndata: b\n\n', ['a', 'b']],
  ['data: a\ndata: b\n\n', ['a\nb']],
  ['data: a\r\ndata\rdata:b\n\n', ['a\n\nb']],
  ['data\n\n', ['']],
  ['data:\n\n', ['']],
  ['data: \n\n', ['']],
  ['data:  \n\n', [' ']],
  ['data:\ndata:\n\n', ['\n']],
  ['id: 1\n\n', [undefined]],
  ['event: x\ndata: a\nid: 1\nretry: 3\n\n', ['a']],
  ['data: a\n: comment\ndata: b\n\n', ['a\nb']],
  ['data: a:b: c\n\n', ['a:b: c']],
  ['\n\n', [undefined, undefined]],
  ['data: a', []],
  ['data: a\n', []],
  ['data: a\nx', []],
];

test('blocks end at a blank line and hold the joined values of their data fields', () => {
  for (const [text, data] of ROWS) assert.deepEqual(toData(split([text])), data, JSON.stringify(text));
});

test('a comment between blocks is handed on as soon as its line ends', () => {
  const splitter = new SseSplitter(100);
  const seen: string[] = [];
  const push = (text: string): string[] => {
    assert(splitter.push(Buffer.from(text), ({ bytes }) => seen.push(bytes.toString())));
    return seen.splice(0);
  };
  assert.deepEqual(push(': keep'), []);
  assert.equal(splitter.isClean, false);
  assert.deepEqual(push('-alive\n'), [': keep-alive\n']);
  assert.equal(splitter.isClean, true);
  assert.deepEqual(push(':\r'), [':\r']);
  assert.deepEqual(push('\n'), []);
  assert.equal(splitter.isClean, true);
  assert.deepEqual(push(':\n:\n'), ['\n:\n', ':\n']);
  assert.deepEqual(push('data: a\n:inside\n'), [], 'inside an event it waits for the rest');
  assert.deepEqual(push('\n'), ['data: a\n:inside\n\n']);
});

test('a block beyond the limit is refused when it comes in pieces', () => {
  const block = `data: ${'x'.repeat(92)}\n\n`;
  assert.equal(block.length, 100);
  for (const size of [1, 7, 50, 99]) {
    const pieces = block.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
    assert(split(pieces, 100).accepted);
    assert(split([...pieces, ...pieces, ...pieces], 100).accepted, 'the limit is for one block, not for the stream');
  }
  assert(!split(['data: ', 'x'.repeat(95)], 100).accepted);
  assert(
    !split(
      Array.from({ length: 101 }, () => ':'),
      100,
    ).accepted,
    'a comment that never ends',
  );
  assert(!split(['x\n', 'x\n'.repeat(50)], 100).accepted, 'fields that never end');
});

test('a block beyond the limit is refused also when it comes in one piece', () => {
  const { accepted, blocks } = split([`data: ${'x'.repeat(93)}\n\n`], 100);
  assert.equal(accepted && blocks.length > 0, false);
});

test('a byte order mark at the start is refused, because readers differ about it', () => {
  assert(!split(['\ufeffdata: a\n\n']).accepted);
  assert(!split([Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), 'data: a\n\n']).accepted);
  assert(!split([Buffer.alloc(0), '\ufeff']).accepted);
  assert.deepEqual(toData(split(['data: \ufeffa\n\n'])), ['\ufeffa']);
  assert.deepEqual(toData(split(['data: a\n\n\ufeffdata: b\n\n'])), ['a', undefined], 'later it is part of a name');
});
