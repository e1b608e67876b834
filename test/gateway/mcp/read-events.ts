// Reads an event stream as the HTML standard says a browser does ("Interpreting an event stream"), written line by line from it.

/** @returns the data of every event that is dispatched; an unfinished last block is not */
export function readEvents(stream: string): string[] {
  const lines = stream.split(/\r\n|\n|\r/);
  // What stands behind the last line end is no line yet.
  lines.pop();
  const dispatched: string[] = [];
  let data = '';
  for (const line of lines) {
    if (line === '') {
      if (data !== '') dispatched.push(data.endsWith('\n') ? data.slice(0, -1) : data);
      data = '';
      continue;
    }
    if (line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') data += `${value}\n`;
  }
  return dispatched;
}
