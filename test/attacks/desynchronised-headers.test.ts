// The attacker names a harmless tool in the headers, where routers and rate limits look, and a harmful one in the body,
// where the server looks; or writes a header that two readers read in two ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeaderLines, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway, NO } from './support/attacked-gateway.ts';

const attacked = attackGateway();
const roomy = attackGateway({ config: { limits: { headers: '64KiB' } } });

const BASE: HeaderLines = [['Content-Type', 'application/json']];
const VERSION_LINE = ['MCP-Protocol-Version', '2026-07-28'] as const;
const METHOD_LINE = ['Mcp-Method', 'tools/call'] as const;
const NAME_LINE = ['Mcp-Name', 'echo'] as const;
const ENCODED = (name: string): string => `=?base64?${Buffer.from(name).toString('base64')}?=`;
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Mirrored header lines that do not agree with a `tools/call` of `echo`. */
const MISMATCHES: readonly [what: string, lines: HeaderLines][] = [
  ['another name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'list']]],
  ['another method', [VERSION_LINE, ['Mcp-Method', 'tools/list'], NAME_LINE]],
  ['another known version', [['MCP-Protocol-Version', '2025-11-25'], METHOD_LINE, NAME_LINE]],
  ['another unknown version', [['MCP-Protocol-Version', '2099-01-01'], METHOD_LINE, NAME_LINE]],
  ['no name', [VERSION_LINE, METHOD_LINE]],
  ['no method', [VERSION_LINE, NAME_LINE]],
  ['no version', [METHOD_LINE, NAME_LINE]],
  ['an empty name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '']]],
  ['an empty method', [VERSION_LINE, ['Mcp-Method', ''], NAME_LINE]],
  ['an empty version', [['MCP-Protocol-Version', ''], METHOD_LINE, NAME_LINE]],
  ['a name in another case', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'Echo']]],
  ['a method in another case', [VERSION_LINE, ['Mcp-Method', 'Tools/Call'], NAME_LINE]],
  ['white space inside a name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'ec ho']]],
  ['a quoted name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '"echo"']]],
  ['a percent-encoded name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'ech%6f']]],
  ['a name with a parameter', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'echo;q=1']]],
  ['a name repeated in one line', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'echo, echo']]],
  ['the same name twice', [VERSION_LINE, METHOD_LINE, NAME_LINE, NAME_LINE]],
  ['the name twice in different cases', [VERSION_LINE, METHOD_LINE, NAME_LINE, ['mcp-NAME', 'echo']]],
  ['the true name first and another behind', [VERSION_LINE, METHOD_LINE, NAME_LINE, ['MCP-NAME', 'list']]],
  ['another name first and the true one behind', [VERSION_LINE, METHOD_LINE, ['MCP-NAME', 'list'], NAME_LINE]],
  ['an empty name beside the true one', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', ''], NAME_LINE]],
  ['the method twice', [VERSION_LINE, METHOD_LINE, ['mcp-method', 'tools/call'], NAME_LINE]],
  ['the version twice', [VERSION_LINE, ['mcp-protocol-version', '2026-07-28'], METHOD_LINE, NAME_LINE]],
  ['Mcp_Name in place of Mcp-Name', [VERSION_LINE, METHOD_LINE, ['Mcp_Name', 'echo']]],
  ['Mcp_Method in place of Mcp-Method', [VERSION_LINE, ['Mcp_Method', 'tools/call'], NAME_LINE]],
  ['Base64 of another name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', ENCODED('list')]]],
  ['Base64 with an upper-case marker', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?BASE64?ZWNobw==?=']]],
  ['Base64 without its padding', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNobw?=']]],
  ['Base64 with too much padding', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNobw===?=']]],
  ['Base64 with stray bits at its end', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNobx==?=']]],
  ['Base64 with a space', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNo bw==?=']]],
  ['Base64 with a foreign character', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNo!bw==?=']]],
  ['two Base64 texts behind each other', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZQ==Y2hv?=']]],
  ['Base64 of bad UTF-8', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?/w==?=']]],
  ['half a Base64 marker', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', '=?base64?ZWNobw==']]],
  ['a Base64 method', [VERSION_LINE, ['Mcp-Method', ENCODED('tools/call')], NAME_LINE]],
  ['a Base64 version', [['MCP-Protocol-Version', ENCODED('2026-07-28')], METHOD_LINE, NAME_LINE]],
  ['a soft hyphen in the name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'ec\xadho']]],
  ['a non-breaking space behind the name', [VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'echo\xa0']]],
  ['the same Mcp-Param twice', [VERSION_LINE, METHOD_LINE, NAME_LINE, ['Mcp-Param-A', '1'], ['mcp-param-a', '1']]],
  [
    'two Mcp-Params alike but for _',
    [VERSION_LINE, METHOD_LINE, NAME_LINE, ['Mcp-Param-A-B', '1'], ['Mcp-Param-A_B', '2']],
  ],
  ['an Mcp-Param of bad Base64', [VERSION_LINE, METHOD_LINE, NAME_LINE, ['Mcp-Param-A', '=?base64?*?=']]],
  ['an Mcp-Param beyond ASCII', [VERSION_LINE, METHOD_LINE, NAME_LINE, ['Mcp-Param-A', 'caf\xe9']]],
];

for (const [what, lines] of MISMATCHES) {
  test(`${what} is refused before the upstream sees it`, () =>
    attacked().refuses({ lines: [...BASE, ...lines] }, { ...NO.mismatch, id: 1 }));
}

for (const [method, params] of [
  ['tools/list', {}],
  ['server/discover', {}],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'echo' }, argument: { name: 'a', value: '' } }],
  ['tools/list', { name: 'echo' }],
] as const) {
  test(`Mcp-Name on ${method} with ${Object.keys(params).join() || 'nothing'} is refused`, () =>
    attacked().refuses(
      { lines: toHeaderLines(method, 'echo'), body: toRequestBody(method, params) },
      { ...NO.mismatch, id: 1 },
    ));
}

test('two joined header lines cannot agree with a name that holds a comma', async () => {
  const body = toRequestBody('tools/call', { name: 'a, b' });
  const lines: HeaderLines = [...BASE, VERSION_LINE, METHOD_LINE, ['Mcp-Name', 'a'], ['Mcp-Name', 'b']];
  await attacked().refuses({ lines, body }, { ...NO.mismatch, id: 1 });
  await attacked().accepts({ lines: toHeaderLines('tools/call', 'a, b'), body }, body);
});

test('a name beyond ASCII is only taken from Base64', async () => {
  const body = toRequestBody('tools/call', { name: 'é' });
  const withName = (name: string) => ({ lines: toHeaderLines('tools/call', name), body });
  await attacked().refuses(withName('\xe9'), { ...NO.mismatch, id: 1 });
  await attacked().refuses(withName(latin1('é')), { ...NO.mismatch, id: 1 });
  await attacked().refuses(withName('=?base64?6Q==?='), { ...NO.mismatch, id: 1 });
  await attacked().refuses(withName(ENCODED('e\u0301')), { ...NO.mismatch, id: 1 });
  await attacked().accepts(withName(ENCODED('é')), body);
});

test('a name that looks like a marker agrees only when it is encoded', async () => {
  const name = ENCODED('echo');
  const body = toRequestBody('tools/call', { name });
  await attacked().refuses({ lines: toHeaderLines('tools/call', name), body }, { ...NO.mismatch, id: 1 });
  await attacked().accepts({ lines: toHeaderLines('tools/call', ENCODED(name)), body }, body);
});

test('white space around a value is no part of it, and inside the name of the body it is', async () => {
  await attacked().accepts({ lines: toHeaderLines('tools/call', ' \t echo \t ') });
  const body = toRequestBody('tools/call', { name: ' echo' });
  await attacked().refuses({ lines: toHeaderLines('tools/call', ' echo'), body }, { ...NO.mismatch, id: 1 });
  await attacked().accepts({ lines: toHeaderLines('tools/call', ENCODED(' echo')), body }, body);
});

test('a name with NUL is refused, however it is encoded', async () => {
  const body = toRequestBody('tools/call', { name: 'echo\0.txt' });
  await attacked().refuses(
    { lines: toHeaderLines('tools/call', ENCODED('echo\0.txt')), body },
    { ...NO.params, id: 1 },
  );
});

for (const [method, field, value, other] of [
  ['resources/read', 'uri', 'file:///a', 'file:///b'],
  ['prompts/get', 'name', 'greet', 'echo'],
] as const) {
  test(`Mcp-Name of ${method} must be ${field}`, async () => {
    const body = toRequestBody(method, { [field]: value, ...(field === 'name' ? {} : { name: other }) });
    await attacked().refuses({ lines: toHeaderLines(method, other), body }, { ...NO.mismatch, id: 1 });
    await attacked().refuses({ lines: toHeaderLines(method), body }, { ...NO.mismatch, id: 1 });
    await attacked().accepts({ lines: toHeaderLines(method, value), body }, body);
  });
}

for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
  test(`Mcp-Name of ${method} must be taskId, and one that agrees is still no id of ours`, async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    };
    const body = toRequestBody(method, { _meta: meta, taskId: 'task-1', name: 'task-2' });
    await attacked().refuses({ lines: toHeaderLines(method, 'task-2'), body }, { ...NO.mismatch, id: 1 });
    await attacked().refuses({ lines: toHeaderLines(method), body }, { ...NO.mismatch, id: 1 });
    await attacked().refuses({ lines: toHeaderLines(method, 'task-1'), body }, { ...NO.state, id: 1 });
  });
}

test('headers and body that agree on an unknown version get the list of those served', async () => {
  const body = toRequestBody('tools/call', { name: 'echo' }).replace('2026-07-28', '2099-01-01');
  const lines: HeaderLines = [...BASE, ['MCP-Protocol-Version', '2099-01-01'], METHOD_LINE, NAME_LINE];
  const answer = await attacked().getRefusal({ lines, body }, { ...NO.version, id: 1 });
  const { error } = JSON.parse(answer.text) as { error: { data: { supported: unknown; requested: unknown } } };
  assert.deepEqual(error.data.supported, ['2026-07-28']);
  assert.equal(error.data.requested, '2099-01-01');
});

const HONEST = toRequestBody('tools/call', { name: 'echo', arguments: {} });
const head = (lines: string): string =>
  `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\n` +
  `Mcp-Method: tools/call\r\nContent-Length: ${HONEST.length}\r\nConnection: close\r\n${lines}\r\n${HONEST}`;

for (const [what, lines] of [
  ['folded over two lines', 'Mcp-Name: ec\r\n ho\r\n'],
  ['folded behind its colon', 'Mcp-Name:\r\n echo\r\n'],
  ['that holds NUL', 'Mcp-Name: echo\0\r\n'],
  ['that holds CR', 'Mcp-Name: ec\rho\r\n'],
  ['that ends with CR CR LF', 'Mcp-Name: echo\r\r\n'],
  ['with DEL', 'Mcp-Name: echo\x7f\r\n'],
  ['with a space before its colon', 'Mcp-Name : echo\r\n'],
  ['with a tab before its colon', 'Mcp-Name\t: echo\r\n'],
  ['without a colon', 'Mcp-Name echo\r\n'],
  ['without a name', ': echo\r\n'],
  ['that ends with LF alone', 'Mcp-Name: echo\nX: y\r\n'],
  ['with NUL in its name', 'Mcp-\0Name: echo\r\n'],
] as const) {
  test(`a header ${what} is refused`, () => attacked().refuses(Buffer.from(head(lines), 'latin1'), NO.http));
}

for (const name of ['Mcp-Name', 'Mcp-Method', 'MCP-Protocol-Version', 'Mcp-Param-Region']) {
  test(`a ${name} beyond 8 KiB is refused as too large`, async () => {
    const lines = toHeaderLines('tools/call', 'echo').filter(([known]) => known !== name);
    const answer = await attacked().getRefusal({ lines: [...lines, [name, 'a'.repeat(8193)]] }, NO.headers);
    assert.equal(answer.headers.get('connection'), 'close');
  });
}

test('an Mcp-Name of exactly 8 KiB is served', async () => {
  const name = 'a'.repeat(8192);
  const body = toRequestBody('tools/call', { name });
  await attacked().accepts({ lines: toHeaderLines('tools/call', name), body }, body);
});

test('a header block beyond the limit is refused as too large', () =>
  attacked().refuses({ more: [['X-Filler', 'a'.repeat(17_000)]] }, NO.headers));

test('3,000 tiny headers are refused as too large', () =>
  attacked().refuses({ more: Array.from({ length: 3000 }, (_, i) => [`x${i}`, ''] as const) }, NO.headers));

test('a target beyond the limit is refused as too large', () =>
  attacked().refuses({ target: `/mcp?${'a'.repeat(17_000)}` }, NO.headers));

test('2,500 headers are refused as too many, where the block may be large', () =>
  roomy().refuses({ more: Array.from({ length: 2500 }, () => ['x', ''] as const) }, NO.headers));

test('200 headers hide no repeated Mcp-Name behind them', () =>
  attacked().refuses(
    { more: [...Array.from({ length: 200 }, () => ['x', ''] as const), ['mcp-name', 'list']] },
    { ...NO.mismatch, id: 1 },
  ));
