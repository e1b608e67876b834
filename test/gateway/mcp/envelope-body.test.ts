// Which bodies are not one request of this protocol, and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Draft,
  findRefusal,
  judge,
  judgeDraft,
  makeDraft,
  openDraft,
  remove,
  replace,
  toBody,
} from './make-request.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const honest = toBody(makeDraft()).toString();

test('a body that is no single object is refused before anything of it is read', () => {
  const rows: readonly (readonly [body: string, verdict: string])[] = [
    ['', 'not_json: empty'],
    [`\ufeff${honest}`, 'not_json: bom'],
    [`${honest}${honest}`, 'not_json: trailing'],
    [honest.slice(0, -1), 'not_json: syntax'],
    [`[${honest}]`, 'not_a_request: batch'],
    [`[${honest},${honest}]`, 'not_a_request: batch'],
    ['[]', 'not_a_request: batch'],
    ['null', 'not_a_request: scalar'],
    ['1', 'not_a_request: scalar'],
    [JSON.stringify(honest), 'not_a_request: scalar'],
    ['{}', 'not_a_request: jsonrpc'],
  ];
  for (const [body, verdict] of rows) assert.equal(judge(body, makeDraft().headers), verdict, body);
  assert.equal(judge(Buffer.concat([Buffer.from(honest.slice(0, 5)), Buffer.from([0xff])]), []), 'not_json: utf8');
});

type Spoil = (draft: Draft) => unknown;

const SPOILT: readonly (readonly [what: string, verdict: string, spoil: Spoil])[] = [
  ['jsonrpc missing', 'not_a_request: jsonrpc', (d) => remove(d.top, 'jsonrpc')],
  ['jsonrpc 1.0', 'not_a_request: jsonrpc', (d) => replace(d.top, 'jsonrpc', '"1.0"')],
  ['jsonrpc a number', 'not_a_request: jsonrpc', (d) => replace(d.top, 'jsonrpc', '2.0')],
  ['jsonrpc null', 'not_a_request: jsonrpc', (d) => replace(d.top, 'jsonrpc', 'null')],
  ['jsonrpc with a space', 'not_a_request: jsonrpc', (d) => replace(d.top, 'jsonrpc', '"2.0 "')],
  ['method missing', 'not_a_request: method', (d) => remove(d.top, 'method')],
  ['method null', 'not_a_request: method', (d) => replace(d.top, 'method', 'null')],
  ['method a list', 'not_a_request: method', (d) => replace(d.top, 'method', '["tools/call"]')],
  ['no id', 'not_a_request: no_id', (d) => remove(d.top, 'id')],
  ['a response', 'not_a_request: response', (d) => d.top.push(['result', '{}'])],
  ['an error', 'not_a_request: response', (d) => d.top.push(['error', '{}'])],
  ['an unknown member', 'not_a_request: unknown_member', (d) => d.top.push(['extra', '1'])],
  ['__proto__ as a member', 'not_a_request: unknown_member', (d) => d.top.push(['__proto__', '{}'])],
  ['constructor as a member', 'not_a_request: unknown_member', (d) => d.top.push(['constructor', '1'])],
  ['an empty name', 'not_a_request: unknown_member', (d) => d.top.push(['', '1'])],
  ['id twice', 'not_a_request: duplicate', (d) => d.top.push(['id', '1'])],
  ['method twice, once escaped', 'not_a_request: duplicate', (d) => d.top.push(['"\\u006dethod"', '"tools/list"'])],
  ['name twice', 'not_a_request: duplicate', (d) => d.params.push(['name', '"weather"'])],
  ['name twice, once escaped', 'not_a_request: duplicate', (d) => d.params.push(['"n\\u0061me"', '"other"'])],
  ['version twice', 'not_a_request: duplicate', (d) => d.meta.push([VERSION, '"2026-07-28"'])],
  ['an argument twice', 'not_a_request: duplicate', (d) => replace(d.params, 'arguments', '{"a":[{"b":1,"b":2}]}')],
  ['a NUL in a name', 'not_a_request: nul_in_name', (d) => d.params.push(['"name\\u0000"', '1'])],
  [
    'too deep',
    'not_a_request: depth',
    (d) => replace(d.params, 'arguments', `${'{"a":'.repeat(63)}1${'}'.repeat(63)}`),
  ],
  ['no _meta', 'bad_params: meta', (d) => d.meta.splice(0)],
  ['an empty _meta', 'bad_params: meta_version', (d) => d.meta.splice(0, 2, ['x', '1'])],
  ['no version', 'bad_params: meta_version', (d) => remove(d.meta, VERSION)],
  ['no capabilities', 'bad_params: meta_capabilities', (d) => remove(d.meta, CAPABILITIES)],
  ['version null', 'bad_params: meta_type', (d) => replace(d.meta, VERSION, 'null')],
  ['version a number', 'bad_params: meta_type', (d) => replace(d.meta, VERSION, '20260728')],
  ['version a list', 'bad_params: meta_type', (d) => replace(d.meta, VERSION, '["2026-07-28"]')],
  ['capabilities null', 'bad_params: meta_type', (d) => replace(d.meta, CAPABILITIES, 'null')],
  ['capabilities a list', 'bad_params: meta_type', (d) => replace(d.meta, CAPABILITIES, '[]')],
  ['clientInfo a string', 'bad_params: meta_type', (d) => d.meta.push(['io.modelcontextprotocol/clientInfo', '"x"'])],
  ['progressToken an object', 'bad_params: meta_type', (d) => d.meta.push(['progressToken', '{}'])],
  ['progressToken a fraction', 'bad_params: meta_type', (d) => d.meta.push(['progressToken', '1.5'])],
  ['name missing', 'bad_params: field_missing', (d) => remove(d.params, 'name')],
  ['name a number', 'bad_params: field_type', (d) => replace(d.params, 'name', '1')],
  ['name null', 'bad_params: field_type', (d) => replace(d.params, 'name', 'null')],
  ['name a list', 'bad_params: field_type', (d) => replace(d.params, 'name', '["weather"]')],
  ['arguments a list', 'bad_params: field_type', (d) => replace(d.params, 'arguments', '[]')],
  ['arguments null', 'bad_params: field_type', (d) => replace(d.params, 'arguments', 'null')],
  ['requestState an object', 'bad_params: field_type', (d) => d.params.push(['requestState', '{}'])],
  ['inputResponses a list', 'bad_params: field_type', (d) => d.params.push(['inputResponses', '[]'])],
];

for (const [what, verdict, spoil] of SPOILT) {
  test(`a request with ${what} is refused`, () => {
    const draft = makeDraft();
    spoil(draft);
    assert.equal(judgeDraft(draft), verdict);
  });
}

test('params that are missing, a list or null are bad params', () => {
  for (const params of ['', ',"params":[]', ',"params":null', ',"params":"{}"', ',"params":1']) {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call"${params}}`;
    assert.equal(judge(body, makeDraft().headers), 'bad_params: params', params);
  }
});

test('a name with a NUL is bad params, also when the header repeats it', () => {
  const draft = makeDraft();
  replace(draft.params, 'name', '"weather\\u0000x"');
  replace(draft.headers, 'Mcp-Name', `=?base64?${Buffer.from('weather\0x').toString('base64')}?=`);
  assert.equal(judgeDraft(draft), 'bad_params: nul_in_name');
});

test('_meta inside arguments or beside params does not stand in for the one of params', () => {
  const draft = makeDraft();
  const meta = `{"${VERSION}":"2026-07-28","${CAPABILITIES}":{}}`;
  draft.meta = [];
  replace(draft.params, 'arguments', `{"_meta":${meta}}`);
  assert.equal(judgeDraft(draft), 'bad_params: meta');
  draft.params.push(['x', `[{"_meta":${meta}}]`]);
  assert.equal(judgeDraft(draft), 'bad_params: meta');
  draft.params.push(['_meta', `[${meta}]`]);
  assert.equal(judgeDraft(draft), 'bad_params: meta');
});

test('a notification is not served, and its answer carries no id', () => {
  for (const method of ['notifications/initialized', 'notifications/']) {
    const draft = makeDraft(method);
    remove(draft.top, 'id');
    const refusal = findRefusal(toBody(draft), draft.headers);
    assert.equal(refusal?.kind, 'unknown_method');
    assert.equal(refusal?.detail.reason, 'notification');
    assert.equal(refusal?.idLiteral, undefined);
  }
  const draft = makeDraft('tools/list');
  remove(draft.top, 'id');
  assert.equal(judgeDraft(draft), 'not_a_request: no_id');
});

test('whatever is wrong, the answer to initialize names the version that is served', () => {
  const legacy =
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}';
  const rows = [
    [legacy, [], 'bad_params'],
    [toBody(makeDraft('initialize')), makeDraft('initialize').headers, 'unknown_method'],
    [toBody(makeDraft('initialize')), [], 'header_mismatch'],
  ] as const;
  for (const [body, headers, kind] of rows) {
    const refusal = findRefusal(body, headers);
    assert.equal(refusal?.kind, kind);
    assert.match(refusal?.detail.words ?? '', /2026-07-28/);
    assert.deepEqual(refusal?.detail.data?.['supported'], ['2026-07-28']);
  }
});

test('an unknown version that headers and body agree on is named, cut to 200 characters, beside the one served', () => {
  for (const version of ['2025-11-25', '', 'DRAFT-2026', 'x'.repeat(300)]) {
    const draft = makeDraft();
    replace(draft.meta, VERSION, JSON.stringify(version));
    replace(draft.headers, 'MCP-Protocol-Version', version);
    const refusal = findRefusal(toBody(draft), draft.headers);
    assert.equal(refusal?.kind, 'unsupported_version');
    assert.deepEqual(refusal?.detail.data, { supported: ['2026-07-28'], requested: version.slice(0, 200) });
    assert.equal(refusal?.idLiteral, '1');
  }
});

test('a value deep inside the arguments is never taken for a field of the protocol', () => {
  const draft = makeDraft();
  replace(draft.params, 'arguments', '{"name":"other","_meta":{},"ID":1,"nested":{"method":"x","Params":{"id":2}}}');
  assert.equal(openDraft(draft).name, 'weather');
});
