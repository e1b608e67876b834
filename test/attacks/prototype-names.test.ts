// The attacker names things after what every JavaScript object inherits: a table kept in a bare object would find
// something under `constructor`, and writing to `__proto__` would change every object of the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeaderLines, toHeaderLines } from '../support/mcp-request.ts';
import { attackGateway, NO } from './support/attacked-gateway.ts';

const attacked = attackGateway({ config: { meta: { allow: ['*'] } } });

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  '__lookupSetter__',
  'toJSON',
  'then',
  'length',
];
const META = '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}';
const write = (method: string, params: string, meta = ''): string =>
  `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}"_meta":{${META}${meta}}}}`;

for (const name of NAMES) {
  test(`${name} is an ordinary unknown method`, () =>
    attacked().refuses({ lines: toHeaderLines(name), body: write(name, '') }, { ...NO.method, id: 1 }));

  test(`${name} is an ordinary tool`, async () => {
    const body = write('tools/call', `"name":"${name}",`);
    await attacked().accepts({ lines: toHeaderLines('tools/call', name), body }, body);
    await attacked().refuses({ lines: toHeaderLines('tools/call', 'echo'), body }, { ...NO.mismatch, id: 1 });
  });

  test(`${name} is an ordinary name in arguments, params, _meta and headers`, async () => {
    const value = `"${name}":{"polluted":true}`;
    const body = write('tools/call', `"name":"echo","arguments":{${value}},${value},`, `,${value}`);
    const lines: HeaderLines = [
      ...toHeaderLines('tools/call', 'echo'),
      [name, 'polluted'],
      [`Mcp-Param-${name}`, 'polluted'],
      [`Mcp-Param-${name}-2`, 'polluted'],
    ];
    await attacked().accepts({ lines, body }, body);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  test(`${name} is an ordinary unknown member of the request`, () =>
    attacked().refuses(
      { body: write('tools/call', '"name":"echo",').replace('{', `{"${name}":{"method":"tools/list"},`) },
      { ...NO.request, id: 1 },
    ));

  test(`${name} is an ordinary unknown path`, () => attacked().refuses({ target: `/${name}` }, NO.path));

  test(`${name} is an ordinary unknown host, origin and media type`, async () => {
    const lines = toHeaderLines('tools/call', 'echo');
    await attacked().refuses({ lines: [['Host', name], ...lines] }, NO.host);
    await attacked().refuses({ lines: [['Origin', name], ...lines] }, NO.origin);
    await attacked().refuses({ lines: [['Content-Type', name], ...lines.slice(1)] }, NO.media);
  });

  test(`${name} is an ordinary unknown version`, () => {
    const lines = toHeaderLines('tools/call', 'echo').map(
      ([header, value]) => [header, header === 'MCP-Protocol-Version' ? name : value] as const,
    );
    const body = write('tools/call', '"name":"echo",').replace('2026-07-28', name);
    return attacked().refuses({ lines, body }, { ...NO.version, id: 1 });
  });
}
