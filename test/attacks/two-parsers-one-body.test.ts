// The attacker writes a body that the gateway's reader and the server's reader understand differently: what the policy
// judged is not what runs. Every such text is refused; what is let through goes on byte for byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway, NO, type Refused } from './support/attacked-gateway.ts';

const attacked = attackGateway();

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
/** A `tools/call` of `echo` with these outer members before its params, and these members in params. */
const body = (outer: string, params = `"name":"echo",${META}`): string => `{${outer},"params":{${params}}}`;
const OUTER = '"jsonrpc":"2.0","id":1,"method":"tools/call"';
const args = (value: string): string => body(OUTER, `"name":"echo",${META},"arguments":${value}`);
const HONEST = body(OUTER);
const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const members = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"m${i}":${i}`).join(',')}}`;
const request = { ...NO.request, id: 1 };
const params = { ...NO.params, id: 1 };

const REFUSED: readonly [what: string, body: string | Buffer, refused: Refused][] = [
  ['nothing', '', NO.json],
  ['white space', ' \r\n\t ', NO.json],
  ['a byte order mark', `\ufeff${HONEST}`, NO.json],
  ['UTF-16, little endian', Buffer.from(HONEST, 'utf16le'), NO.json],
  ['UTF-16 with its mark', Buffer.from(`\ufeff${HONEST}`, 'utf16le'), NO.json],
  ['UTF-32', Buffer.concat(HONEST.split('').map((c) => Buffer.from([0, 0, 0, c.charCodeAt(0)]))), NO.json],
  ['a stray byte of UTF-8', Buffer.from(args('"\xff"'), 'latin1'), NO.json],
  ['an overlong slash', Buffer.from(args('"\xc0\xaf"'), 'latin1'), NO.json],
  ['an overlong NUL', Buffer.from(args('"\xc0\x80"'), 'latin1'), NO.json],
  ['a surrogate in UTF-8', Buffer.from(args('"\xed\xa0\x80"'), 'latin1'), NO.json],
  ['a cut UTF-8 sequence', Buffer.from(args('"\xe2\x82"'), 'latin1'), NO.json],
  ['a code point beyond Unicode', Buffer.from(args('"\xf4\x90\x80\x80"'), 'latin1'), NO.json],
  ['a lone high surrogate', args('"\\ud800"'), NO.json],
  ['a lone low surrogate', args('"\\udc00"'), NO.json],
  ['two high surrogates', args('"\\ud800\\ud800"'), NO.json],
  ['surrogates in the wrong order', args('"\\udc00\\ud800"'), NO.json],
  ['a high surrogate before another escape', args('"\\ud800\\n"'), NO.json],
  ['a comment', `${HONEST.slice(0, -1)}/* */}`, NO.json],
  ['a line comment', `${HONEST}//x`, NO.json],
  ['a hash comment', `#x\n${HONEST}`, NO.json],
  ['single quotes', HONEST.replaceAll('"', "'"), NO.json],
  ['a name without quotes', HONEST.replace('"jsonrpc"', 'jsonrpc'), NO.json],
  ['a comma too many in an object', `${HONEST.slice(0, -1)},}`, NO.json],
  ['a comma too many in an array', args('[1,]'), NO.json],
  ['a comma at the beginning', args('[,1]'), NO.json],
  ['two commas', args('[1,,2]'), NO.json],
  ['no comma', args('[1 2]'), NO.json],
  ['NaN', args('NaN'), NO.json],
  ['Infinity', args('Infinity'), NO.json],
  ['-Infinity', args('-Infinity'), NO.json],
  ['undefined', args('undefined'), NO.json],
  ['True', args('True'), NO.json],
  ['nul', args('nul'), NO.json],
  ['nulll', args('nulll'), NO.json],
  ['a hexadecimal number', args('0x10'), NO.json],
  ['an octal number', args('010'), NO.json],
  ['a number with a plus', args('+1'), NO.json],
  ['a number without digits behind its point', args('1.'), NO.json],
  ['a number without digits before its point', args('.5'), NO.json],
  ['a number with an empty exponent', args('1e'), NO.json],
  ['a minus alone', args('-'), NO.json],
  ['a big integer literal', args('1n'), NO.json],
  ['a tab inside a string', args('"\t"'), NO.json],
  ['a line feed inside a string', args('"\n"'), NO.json],
  ['NUL inside a string', args('"\0"'), NO.json],
  ['NUL behind the text', `${HONEST}\0`, NO.json],
  ['a form feed as white space', `\f${HONEST}`, NO.json],
  ['a non-breaking space as white space', `\xa0${HONEST}`, NO.json],
  ['a line separator as white space', `\u2028${HONEST}`, NO.json],
  ['an unknown escape', args('"\\x41"'), NO.json],
  ['an escaped single quote', args('"\\\'"'), NO.json],
  ['a short escape', args('"\\u12"'), NO.json],
  ['an escape with a sign', args('"\\u+123"'), NO.json],
  ['an escape with a space', args('"\\u 123"'), NO.json],
  ['braces in an escape', args('"\\u{41}"'), NO.json],
  ['a string without an end', HONEST.slice(0, -20), NO.json],
  ['an object without an end', HONEST.slice(0, -1), NO.json],
  ['a brace too many', `${HONEST}}`, NO.json],
  ['a bracket for a brace', `${HONEST.slice(0, -1)}]`, NO.json],
  ['two texts', `${HONEST}${HONEST}`, NO.json],
  ['two texts in lines', `${HONEST}\n${HONEST}`, NO.json],
  ['a text behind a record separator', `\x1e${HONEST}`, NO.json],
  ['a prefix against hijacking', `)]}',\n${HONEST}`, NO.json],
  ['form data', 'jsonrpc=2.0&method=tools/call', NO.json],

  ['a batch', `[${HONEST}]`, NO.request],
  ['an empty batch', '[]', NO.request],
  ['a string', '"tools/call"', NO.request],
  ['null', 'null', NO.request],
  ['a number', '1', NO.request],
  ['an empty object', '{}', NO.request],
  ['a response', '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}', request],
  ['an error response', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}', request],
  ['a request that is a response too', `${HONEST.slice(0, -1)},"result":{}}`, request],
  ['no id', body('"jsonrpc":"2.0","method":"tools/call"'), NO.request],
  ['a null id', body('"jsonrpc":"2.0","id":null,"method":"tools/call"'), NO.request],
  ['a true id', body('"jsonrpc":"2.0","id":true,"method":"tools/call"'), NO.request],
  ['an object as id', body('"jsonrpc":"2.0","id":{},"method":"tools/call"'), NO.request],
  ['a list as id', body('"jsonrpc":"2.0","id":[1],"method":"tools/call"'), NO.request],
  ['an id with a fraction', body('"jsonrpc":"2.0","id":1.5,"method":"tools/call"'), NO.request],
  ['an id of 1.0', body('"jsonrpc":"2.0","id":1.0,"method":"tools/call"'), NO.request],
  ['an id of 1e0', body('"jsonrpc":"2.0","id":1e0,"method":"tools/call"'), NO.request],
  ['an id of -0', body('"jsonrpc":"2.0","id":-0,"method":"tools/call"'), NO.request],
  ['an id beyond safe integers', body('"jsonrpc":"2.0","id":9007199254740992,"method":"tools/call"'), NO.request],
  ['an id beyond all numbers', body('"jsonrpc":"2.0","id":1e400,"method":"tools/call"'), NO.request],
  ['an id of 2,000 characters', body(`"jsonrpc":"2.0","id":"${'x'.repeat(2000)}","method":"tools/call"`), NO.request],
  ['no jsonrpc', body('"id":1,"method":"tools/call"'), request],
  ['jsonrpc 1.0', body('"jsonrpc":"1.0","id":1,"method":"tools/call"'), request],
  ['jsonrpc as a number', body('"jsonrpc":2.0,"id":1,"method":"tools/call"'), request],
  ['no method', body('"jsonrpc":"2.0","id":1'), request],
  ['a null method', body('"jsonrpc":"2.0","id":1,"method":null'), request],
  ['an unknown outer member', body(`${OUTER},"x":1`), request],
  ['an outer __proto__', body(`${OUTER},"__proto__":{"method":"tools/list"}`), request],

  ['the method twice', body('"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"'), NO.request],
  ['the method twice, once by escapes', body(`${OUTER},"m\\u0065thod":"tools/list"`), NO.request],
  ['the id twice', body(`${OUTER},"id":2`), NO.request],
  ['params twice', `${HONEST.slice(0, -1)},"params":{}}`, NO.request],
  ['the name twice', body(OUTER, `"name":"list","name":"echo",${META}`), NO.request],
  ['the name twice, once by escapes', body(OUTER, `"name":"echo","n\\u0061me":"list",${META}`), NO.request],
  ['the name twice, escapes first', body(OUTER, `"\\u006e\\u0061me":"list","name":"echo",${META}`), NO.request],
  ['_meta twice', body(OUTER, `"name":"echo",${META},${META}`), NO.request],
  ['an argument twice', args('{"a":1,"a":2}'), NO.request],
  ['an argument twice, a pair of surrogates against UTF-8', args('{"\\ud83d\\ude00":1,"😀":2}'), NO.request],
  ['an argument twice, an escaped slash against a plain one', args('{"a/b":1,"a\\/b":2}'), NO.request],
  ['an empty name twice', args('{"":1,"":2}'), NO.request],
  ['__proto__ twice', args('{"__proto__":1,"__proto__":2}'), NO.request],
  ['a member twice, deep inside', args('{"a":[[{"b":{"c":1,"c":2}}]]}'), NO.request],
  ['a member twice among thousands', args(`{${members(5000).slice(1, -1)},"m17":1}`), NO.request],
  ['a member name with NUL', args('{"a\\u0000b":1}'), NO.request],

  ['Method beside method', body(`${OUTER},"Method":"tools/list"`), request],
  ['METHOD alone', body('"jsonrpc":"2.0","id":1,"METHOD":"tools/call"'), request],
  ['ID beside id', body(`${OUTER},"ID":2`), request],
  ['JSONRPC beside jsonrpc', body(`${OUTER},"jsonRPC":"2.0"`), request],
  ['Params beside params', `${HONEST.slice(0, -1)},"Params":{"name":"list"}}`, request],
  ['paramſ with a long s', `${HONEST.slice(0, -1)},"param\u017f":{"name":"list"}}`, request],
  ['Name beside name', body(OUTER, `"name":"echo","Name":"list",${META}`), request],
  ['NAME before name', body(OUTER, `"NAME":"list","name":"echo",${META}`), request],
  ['Name by escapes', body(OUTER, `"name":"echo","\\u004eame":"list",${META}`), request],
  ['Arguments beside arguments', body(OUTER, `"name":"echo","arguments":{},"Arguments":{"a":1},${META}`), request],
  ['argumentſ with a long s', body(OUTER, `"name":"echo","argument\u017f":{"a":1},${META}`), request],
  ['requeſtState with a long s', body(OUTER, `"name":"echo","reque\u017ftState":"x",${META}`), request],
  ['taſkId with a Kelvin sign', body(OUTER, `"name":"echo","tas\u212aId":"x",${META}`), request],
  ['_Meta beside _meta', body(OUTER, `"name":"echo","_Meta":{},${META}`), request],
  [
    'a version key in another case',
    body(OUTER, `"name":"echo",${META.replace('"io.', '"IO.modelcontextprotocol/protocolVersion":"2025-11-25","io.')}`),
    request,
  ],
  [
    'ProgressToken beside progressToken',
    body(OUTER, `"name":"echo",${META.replace('{}}', '{},"progressToken":1,"ProgressToken":2}')}`),
    request,
  ],

  ['65 levels', args(nest(63)), NO.request],
  ['1 MiB of open brackets', '['.repeat(2 ** 20), NO.request],
  ['1 MiB of open braces', '{"a":'.repeat(200_000), NO.request],
  ['10,001 members', args(members(10_001 - 9)), NO.request],
  ['more than 10,000 members in small objects', args(`[${Array(5001).fill('{"a":1,"b":2}').join()}]`), NO.request],
  ['1 MiB of a string without end', `{"${'a'.repeat(2 ** 20 - 2)}`, NO.json],
  ['1 MiB of backslashes', `{"${'\\'.repeat(2 ** 20 - 2)}`, NO.json],
  ['1 MiB of white space', ' '.repeat(2 ** 20), NO.json],
  ['1 MiB of digits', '1'.repeat(2 ** 20), NO.request],
  ['more than 1 MiB', args(`"${'a'.repeat(2 ** 20)}"`), NO.body],

  ['no params', `{${OUTER}}`, params],
  ['a list as params', `{${OUTER},"params":["echo"]}`, params],
  ['null params', `{${OUTER},"params":null}`, params],
  ['no _meta', body(OUTER, '"name":"echo"'), params],
  ['a list as _meta', body(OUTER, '"name":"echo","_meta":[]'), params],
  ['no version', body(OUTER, '"name":"echo","_meta":{"io.modelcontextprotocol/clientCapabilities":{}}'), params],
  [
    'no capabilities',
    body(OUTER, '"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}'),
    params,
  ],
  ['a version as a number', HONEST.replace('"2026-07-28"', '20260728'), params],
  ['capabilities as a list', HONEST.replace('Capabilities":{}', 'Capabilities":[]'), params],
  ['null capabilities', HONEST.replace('Capabilities":{}', 'Capabilities":null'), params],
  ['no name', body(OUTER, META), params],
  ['a null name', body(OUTER, `"name":null,${META}`), params],
  ['a list as name', body(OUTER, `"name":["echo"],${META}`), params],
  ['an object as name', body(OUTER, `"name":{"toString":"echo"},${META}`), params],
  ['a string as arguments', args('"{}"'), params],
  ['null arguments', args('null'), params],
  ['a list as arguments', args('[]'), params],
  ['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', NO.method],
  ['a notification with a null id', '{"jsonrpc":"2.0","id":null,"method":"notifications/cancelled"}', NO.request],
];

for (const [what, text, refused] of REFUSED) {
  test(`a body of, or with, ${what} is refused`, () => attacked().refuses({ body: text }, refused));
}

const ACCEPTED: readonly [what: string, body: string | Buffer][] = [
  ['white space all over', ` \r\n\t${HONEST.replaceAll(':', ' :\n')} \r\n\t`],
  ['members in another order', `{"params":{${META},"name":"echo"},"method":"tools/call","id":1,"jsonrpc":"2.0"}`],
  [
    'names by escapes alone',
    body('"jsonrpc":"2.0","\\u0069d":1,"m\\u0065thod":"tools\\/call"', `"n\\u0061me":"\\u0065cho",${META}`),
  ],
  ['numbers a reader would lose', args('{"a":12345678901234567890,"b":1e400,"c":-0,"d":1.0,"e":0.1e-7}')],
  ['names alike but for case in arguments', args('{"a":1,"A":2,"Name":3,"method":4}')],
  ['names of prototypes', args('{"__proto__":{"x":1},"constructor":{"prototype":{}},"toString":1,"hasOwnProperty":1}')],
  ['Unicode twins that are not equal', args('{"é":1,"e\u0301":2}')],
  ['a pair of surrogates', args('{"a":"\\ud83d\\ude00"}')],
  ['NUL in a value', args('{"a":"\\u0000"}')],
  ['64 levels', args(`{"a":${nest(61)}}`)],
  ['10,000 members', args(members(10_000 - 9))],
  ['1 MiB exactly', args(`{"a":"${'a'.repeat(2 ** 20 - args('{"a":""}').length)}"}`)],
];

for (const [what, text] of ACCEPTED) {
  test(`a body with ${what} goes on byte for byte`, () => attacked().accepts({ body: text }, text));
}

for (const id of ['0', '-1', '9007199254740991', '-9007199254740991', '""', '"\\u0061"', '"\\u0000"', '"\\"}"']) {
  test(`the id ${id} is repeated as it came when the request is refused`, async () => {
    const text = HONEST.replace('"id":1', `"id":${id}`);
    const answer = await attacked().getRefusal(
      { body: text, lines: toHeaderLines('tools/list') },
      { ...NO.mismatch, id: JSON.parse(id) as string | number },
    );
    if (!answer.text.startsWith(`{"jsonrpc":"2.0","id":${id},`)) throw new Error(answer.text);
  });
}

test('an id that is long, yet allowed, is served and not repeated in a refusal', async () => {
  const text = toRequestBody('tools/call', { name: 'echo' }, 'x'.repeat(1000));
  await attacked().accepts({ body: text }, text);
  await attacked().refuses({ body: text, lines: toHeaderLines('tools/list') }, NO.mismatch);
});

const CANCELLED = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';

test('a cancellation in words is taken note of, and goes nowhere', async () => {
  const seen = attacked().upstream.hits.length;
  const answer = await attacked().send({ body: CANCELLED, lines: toHeaderLines('notifications/cancelled') });
  assert.equal(answer.status, 202);
  assert.equal(answer.text, '');
  assert.equal(attacked().upstream.hits.length, seen);
  await attacked().servesHonestCall();
});

test('a cancellation whose headers name a call is refused', () =>
  attacked().refuses({ body: CANCELLED, lines: toHeaderLines('tools/call', 'echo') }, NO.mismatch));
