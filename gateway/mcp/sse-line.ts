// Reads one line of an event stream: where it ends, and the value of its field (HTML standard, "Parsing an event stream").

export const DATA = Buffer.from('data');
export const EVENT = Buffer.from('event');

/** Where the line that begins at `from` ends: its LF, CR LF or CR, or the end of the bytes. */
export function findLineEnd(bytes: Buffer, from: number): number {
  let end = from;
  while (end < bytes.length && bytes[end] !== 0x0a && bytes[end] !== 0x0d) end++;
  return end;
}

/** Behind the line end that stands at `end`. */
export function findNextLine(bytes: Buffer, end: number): number {
  return bytes[end] === 0x0d && bytes[end + 1] === 0x0a ? end + 2 : end + 1;
}

/** The value of the line from `start` to `end` when it is this field; one space behind the colon is not part of it. */
export function findValue(bytes: Buffer, start: number, end: number, field: Buffer): Buffer | undefined {
  const behind = start + field.length;
  if (end < behind || bytes[start] !== field[0] || bytes.compare(field, 0, field.length, start, behind) !== 0)
    return undefined;
  if (end === behind) return bytes.subarray(end, end);
  if (bytes[behind] !== 0x3a) return undefined;
  return bytes.subarray(bytes[behind + 1] === 0x20 && behind + 1 < end ? behind + 2 : behind + 1, end);
}
