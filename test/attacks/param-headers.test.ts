// The attacker says one region in `Mcp-Param-Region`, where geo-fences, routers and rules look, and another one in the arguments,
// where the server looks; or asks with headers at random which tools exist that it may not see.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type HeaderLines, type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { startToolServer, type ToolServer } from '../through/support/tool-server.ts';

const property = (type: string, header: string): object => ({ type, 'x-mcp-header': header });
const toTool = (name: string): object => ({
  name,
  inputSchema: {
    type: 'object',
    properties: {
      region: property('string', 'Region'),
      account: property('integer', 'Account'),
      dry: property('boolean', 'Dry-Run'),
      at: { type: 'object', properties: { tenant: property('string', 'Tenant_Id') } },
    },
  },
});

const cleanups: (() => Promise<unknown>)[] = [];
let server: ToolServer;
let fenced: GatewayUnderTest;
let hiding: GatewayUnderTest;

before(async () => {
  server = await startToolServer({ after: (close) => cleanups.push(close) }, [toTool('sql'), toTool('secret_sql')]);
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-attack-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const access = join(folder, 'access.yaml');
  await writeFile(
    access,
    'rules:\n  - { id: some, allow: { tools: ["*"] }, to: { everyone: true } }\n  - { id: none, deny: { tools: ["secret_*"] } }\n',
  );
  const options = { instances: [server.fake.url], upstream: { paramHeaders: 'check' } };
  fenced = await startGatewayUnderTest(options);
  hiding = await startGatewayUnderTest({
    ...options,
    config: { endpoints: { '/mcp': { upstream: 'fleet', access: [access], onDeny: 'hide' } } },
  });
  cleanups.push(
    () => fenced.close(),
    () => hiding.close(),
  );
});

after(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** @param args the arguments as they stand in the body; undefined: none */
function send(port: number, name: string, args: string | undefined, headers: HeaderLines): Promise<RawAnswer> {
  const mark = '"ARGS"';
  const body = toRequestBody('tools/call', { name, ...(args !== undefined && { arguments: 'ARGS' }) });
  const lines = [...toHeaderLines('tools/call', name), ...headers];
  return sendRaw({ port, lines, body: body.replace(mark, () => args ?? '') });
}

const REGION = 'Mcp-Param-Region';

/** Each names one value to who reads headers, and another one, or none, to who reads arguments. */
const LIES: readonly [what: string, args: string | undefined, headers: HeaderLines][] = [
  ['another region', '{"region":"us"}', [[REGION, 'eu']]],
  ['no header', '{"region":"us"}', []],
  ['a region that is only in the header', '{}', [[REGION, 'eu']]],
  ['a region in the header, and no arguments', undefined, [[REGION, 'eu']]],
  ['a region in the header, and null in the body', '{"region":null}', [[REGION, 'eu']]],
  ['a region that stands one level too deep', '{"at":{"region":"eu"}}', [[REGION, 'eu']]],
  ['a region in an array', '{"region":["eu"]}', [[REGION, 'eu']]],
  ['a region in another case', '{"region":"EU"}', [[REGION, 'eu']]],
  ['an argument in another case', '{"Region":"eu"}', [[REGION, 'eu']]],
  ['an argument that looks the same', '{"regi\u043en":"eu"}', [[REGION, 'eu']]],
  ['a region with a space at its end', '{"region":"eu "}', [[REGION, 'eu ']]],
  ['a region with an invisible letter', '{"region":"eu\u200b"}', [[REGION, 'eu']]],
  ['full-width letters', '{"region":"ｅｕ"}', [[REGION, 'eu']]],
  ['another form of Unicode', '{"region":"zu\u0308rich"}', [[REGION, base64('zürich')]]],
  ['an escaped argument that differs', '{"r\\u0065gion":"us"}', [[REGION, 'eu']]],
  ['a percent-encoded region', '{"region":"eu"}', [[REGION, '%65u']]],
  ['a region in quotes', '{"region":"eu"}', [[REGION, '"eu"']]],
  ['a list of regions', '{"region":"us"}', [[REGION, 'eu, us']]],
  ['Base64 of another region', '{"region":"us"}', [[REGION, base64('eu')]]],
  ['Base64 that a loose decoder reads', '{"region":"eu"}', [[REGION, '=?base64?ZXU?=']]],
  ['the marker as it stands', `{"region":"${base64('eu')}"}`, [[REGION, base64('eu')]]],
  [
    'the header twice',
    '{"region":"us"}',
    [
      [REGION, 'us'],
      ['mcp-param-region', 'eu'],
    ],
  ],
  ['a header with _ for -', '{"dry":true}', [['Mcp-Param-Dry_Run', 'true']]],
  [
    'a header with _ for -, beside the true one',
    '{"dry":true}',
    [
      ['Mcp-Param-Dry-Run', 'true'],
      ['Mcp-Param-Dry_Run', 'false'],
    ],
  ],
  ['a header with - for _, without an argument', '{}', [['Mcp-Param-Tenant-Id', 'a']]],
  ['a nested argument without its header', '{"at":{"tenant":"b"}}', []],
  ['another nested argument', '{"at":{"tenant":"b"}}', [['Mcp-Param-Tenant_Id', 'a']]],
  [
    'an account that a double rounds to another',
    '{"account":9007199254740993}',
    [['Mcp-Param-Account', '9007199254740993']],
  ],
  [
    'an account beside the one that a double makes of it',
    '{"account":9007199254740992}',
    [['Mcp-Param-Account', '9007199254740993']],
  ],
  [
    'an account with a fraction too small for a double',
    '{"account":42.00000000000000000001}',
    [['Mcp-Param-Account', '42']],
  ],
  ['an octal account', '{"account":42}', [['Mcp-Param-Account', '042']]],
  ['a hexadecimal account', '{"account":42}', [['Mcp-Param-Account', '0x2a']]],
  ['an account as a string', '{"account":"42"}', [['Mcp-Param-Account', '42']]],
  ['an infinite account', '{"account":1e999}', [['Mcp-Param-Account', '1']]],
  ['true as a number', '{"dry":1}', [['Mcp-Param-Dry-Run', 'true']]],
  ['true in another case', '{"dry":true}', [['Mcp-Param-Dry-Run', 'True']]],
];

for (const [what, args, headers] of LIES) {
  test(`${what} is refused before the upstream sees it`, async () => {
    const seen = server.calls.length;
    const answer = await send(fenced.port, 'sql', args, headers);
    assert.equal(answer.status, 400, answer.text);
    const { error, id } = JSON.parse(answer.text) as { error: { code: number; data: object }; id: unknown };
    assert.deepEqual([error.code, error.data, id], [-32020, { reason: 'header_mismatch' }, 1]);
    assert.equal(server.calls.length, seen);
    const honest = await send(fenced.port, 'sql', '{"region":"eu"}', [[REGION, 'eu']]);
    assert.equal(honest.status, 200, honest.text);
  });
}

test('a repeated argument is no choice between two regions', async () => {
  const answer = await send(fenced.port, 'sql', '{"region":"eu","region":"us"}', [[REGION, 'eu']]);
  assert.deepEqual([answer.status, (JSON.parse(answer.text) as { error: { code: number } }).error.code], [400, -32600]);
});

test('what a refusal says repeats neither value', async () => {
  const answer = await send(fenced.port, 'sql', '{"region":"canary-body"}', [[REGION, 'canary-header']]);
  assert.ok(!answer.text.includes('canary'));
});

test('a flood of names that do not exist costs the upstream no list more than one', async () => {
  const before = server.ownLists.length;
  const names = Array.from({ length: 200 }, (_, at) => `nothing_${at}`);
  for (let at = 0; at < names.length; at += 20) {
    await Promise.all(
      names.slice(at, at + 20).map((name) => send(fenced.port, name, '{"region":"us"}', [[REGION, 'eu']])),
    );
  }
  assert.ok(server.ownLists.length - before <= 1);
});

test('headers at random tell no forbidden tool from one that does not exist', async () => {
  for (const [, args, headers] of [...LIES, ['the truth', '{"region":"eu"}', [[REGION, 'eu']]] as const]) {
    const seen = server.calls.length;
    const forbidden = await send(hiding.port, 'secret_sql', args, headers);
    const missing = await send(hiding.port, 'secret_non', args, headers);
    const nothing = await send(hiding.port, 'open_nothing', args, headers);
    assert.equal(forbidden.text, missing.text);
    assert.equal(forbidden.text, nothing.text);
    assert.deepEqual([forbidden.status, missing.status, nothing.status], Array(3).fill(forbidden.status));
    assert.equal(server.calls.length, seen);
  }
});

test('where denials are hidden, a lie about an allowed tool is refused all the same', async () => {
  const seen = server.calls.length;
  const answer = await send(hiding.port, 'sql', '{"region":"us"}', [[REGION, 'eu']]);
  assert.equal((JSON.parse(answer.text) as { error: { code: number } }).error.code, -32020);
  assert.equal(server.calls.length, seen);
  assert.equal((await send(hiding.port, 'sql', '{"region":"us"}', [[REGION, 'us']])).status, 200);
});
