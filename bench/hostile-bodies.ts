// Bodies of up to 1 MiB made to hold a JSON scanner for as long as possible; each is accepted or refused in the end.

const MIB = 1024 * 1024;
const META = '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}';

/** Puts a value into `params.arguments` of an honest call. */
function toCall(value: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"v":${value}},"_meta":{${META}}}}`;
}

/** Repeats a piece, joined by commas, until the whole call is just under 1 MiB. */
function fill(open: string, piece: (at: number) => string, close: string, most = Number.POSITIVE_INFINITY): string {
  const pieces: string[] = [];
  let room = MIB - Buffer.byteLength(toCall(open + close));
  for (let at = 0; at < most; at++) {
    const next = piece(at);
    room -= Buffer.byteLength(next) + 1;
    if (room < 0) break;
    pieces.push(next);
  }
  return toCall(open + pieces.join(',') + close);
}

function nest(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** Room for 9,990 names in 1 MiB. */
const PREFIX = 'x'.repeat(84);

const member = (prefix: string, at: number): string => `"${prefix}${String(at).padStart(5, '0')}":0`;

/** Members of one object; `count` of them, with names of one length. */
function members(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, at) => member(prefix, at)).join(',');
}

/** Digits that fill an array until a call that is this long already is just under 1 MiB. */
function pad(text: string): string {
  return text.replace('"v":0', `"v":[0${',0'.repeat((MIB - Buffer.byteLength(text) - 300) / 2)}]`);
}

export const HOSTILE_BODIES: ReadonlyMap<string, string> = new Map([
  ['1 MiB of [', '['.repeat(MIB)],
  ['arrays 60 deep, over and over', fill('[', () => nest(60), ']')],
  ['objects 3 deep, over and over', fill('[', () => '{"a":{"b":{"c":0}}}', ']', 3300)],
  ['9,990 members with long common prefixes', fill('{', (at) => member(PREFIX, at), '}', 9990)],
  ['9,990 members beside the arguments', toCall('0').replace('"name"', `${members(PREFIX, 9900)},"name"`)],
  ['9,990 members in _meta', toCall('0').replace(META, `${META},${members(PREFIX, 9900)}`)],
  ['9,900 short members in _meta, and digits', pad(toCall('0').replace(META, `${META},${members('x', 9900)}`))],
  [
    '9,900 short members beside the arguments, and digits',
    pad(toCall('0').replace('"name"', `${members('x', 9900)},"name"`)),
  ],
  [
    '9,900 short escaped members in _meta, and digits',
    pad(toCall('0').replace(META, `${META},${members('\\u0130', 9900)}`)),
  ],
  ['9,990 members with names in escapes', fill('{', (at) => member('\\u0061'.repeat(14), at), '}', 9990)],
  [
    '1,249 objects of 8 members',
    fill('[', (at) => `{${Array.from({ length: 8 }, (_, i) => member(PREFIX, at * 8 + i)).join(',')}}`, ']', 1245),
  ],
  ['one long string', toCall(`"${'a'.repeat(MIB - 300)}"`)],
  ['one string of three-byte characters', toCall(`"${'\u6f22'.repeat((MIB - 300) / 3)}"`)],
  ['one string of escapes', toCall(`"${'\\n'.repeat((MIB - 300) / 2)}"`)],
  ['one string of \\u escapes', toCall(`"${'\\u00e9'.repeat((MIB - 300) / 6)}"`)],
  ['one string of escaped surrogate pairs', toCall(`"${'\\ud83d\\ude00'.repeat((MIB - 300) / 12)}"`)],
  ['one array of empty strings', fill('[', () => '""', ']')],
  ['one array of digits', fill('[', () => '0', ']')],
  ['one array of empty objects', fill('[', () => '{}', ']')],
  ['one array of long numbers', fill('[', () => '-1.2345678901234567e+300', ']')],
  ['one number', toCall('1'.repeat(MIB - 300))],
  ['white space', toCall(' '.repeat(MIB - 300) + '0')],
  ['a long method name', toCall('0').replace('tools/call', 'x'.repeat(MIB - 300))],
  ['a long tool name in escapes', toCall('0').replace('"name":"t"', `"name":"${'\\u0061'.repeat((MIB - 300) / 6)}"`)],
  ['a long id', toCall('0').replace('"id":1', `"id":"${'\\u0061'.repeat((MIB - 300) / 6)}"`)],
  ['one long name', toCall('0').replace('"v"', `"${'a'.repeat(MIB - 300)}"`)],
  ['a long unknown name in params', toCall('0').replace('"arguments"', `"${'\u0130'.repeat((MIB - 300) / 2)}"`)],
  [
    'a long unknown name in params, in escapes',
    toCall('0').replace('"arguments"', `"${'\\u0130'.repeat((MIB - 300) / 6)}"`),
  ],
  ['a duplicate at the very end', fill('{', (at) => member(PREFIX, at % 9980), '}', 9981)],
]);
