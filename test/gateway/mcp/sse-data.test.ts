// An event can be given other data; a reader of the stream sees that data and nothing else has changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { replaceData } from '../../../gateway/mcp/sse-data.ts';
import { readEvents } from './read-events.ts';

const replace = (block: string, data: string): string => replaceData(Buffer.from(block), Buffer.from(data)).toString();

test('the first data line is replaced, the others go, all else stays in its order', () => {
  const block = ': c\r\nevent: message\r\ndata: {"a":\r\nid: 7\r\ndata: 1}\r\nretry: 5\r\n\r\n';
  assert.equal(replace(block, '{}'), ': c\r\nevent: message\r\ndata: {}\r\nid: 7\r\nretry: 5\r\n\r\n');
  assert.equal(replace('\ndata:{}\ndatax: 1\n\n', ' {}'), '\ndata:  {}\ndatax: 1\n\n');
  assert.equal(replace('data\rdata: {}\r\r', '{}'), 'data: {}\r\r');
});

test('a line end inside of new data begins another data line', () => {
  assert.equal(replace('data: 1\n\n', '{\n"a":\r\n1\r}'), 'data: {\ndata: "a":\ndata: 1\ndata: }\n\n');
});

test('a reader sees the new data, whatever stood in the event', () => {
  const line = fc.constantFrom(
    'data: x',
    'data:y',
    'data',
    'data:',
    ': comment',
    ':',
    'event: message',
    'id: 1',
    'foo',
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.constantFrom('{', '"é"', '\n', '\r\n', '}'), { minLength: 1, maxLength: 6 }),
      (lines, lineEnd, parts) => {
        const block = [...lines, 'data: z', '', ''].join(lineEnd);
        const data = `{${parts.join(' ')}`;
        const out = replace(block, data);
        assert.deepEqual(readEvents(out), [data.replaceAll('\r\n', '\n')]);
        const others = (text: string) => text.split(lineEnd).filter((part) => !/^data(:|$)/.test(part));
        assert.deepEqual(others(out), others(block));
      },
    ),
    { numRuns: 1000 },
  );
});
