// Gives an event other data, and leaves everything else in it as it came.
import { DATA, findLineEnd, findNextLine, findValue } from './sse-line.ts';

const LINE_END = /\r\n|\n|\r/;

/**
 * @param block a whole block of an event stream that has data
 * @param data JSON; a line end in it, which can only be white space there, begins another data line
 * @returns the block with its first data line replaced and its other ones gone; comments, `event`, `id`, `retry` stay in order
 */
export function replaceData(block: Buffer, data: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let isWritten = false;
  for (let at = 0; at < block.length; ) {
    const end = findLineEnd(block, at);
    const next = findNextLine(block, end);
    if (findValue(block, at, end, DATA) === undefined) {
      pieces.push(block.subarray(at, next));
    } else if (!isWritten) {
      isWritten = true;
      pieces.push(toDataLines(data, block.subarray(end, next)));
    }
    at = next;
  }
  return Buffer.concat(pieces);
}

function toDataLines(data: Buffer, lineEnd: Buffer): Buffer {
  if (!data.includes(0x0a) && !data.includes(0x0d)) return Buffer.concat([HEAD, data, lineEnd]);
  const ending = lineEnd.toString('latin1');
  const lines = data.toString('utf8').split(LINE_END);
  return Buffer.from(lines.map((line) => `data: ${line}${ending}`).join(''));
}

const HEAD = Buffer.from('data: ');
