// The headers an upstream gets, to the letter: an allow-list, and nothing else the client sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeaders } from '../../gateway/edge/read-headers.ts';
import type { Envelope } from '../../gateway/mcp/envelope.ts';
import { toUpstreamHeaders } from '../../gateway/upstream/upstream-headers.ts';

const ENVELOPE = { version: '2026-07-28', method: { name: 'tools/call' }, name: 'weather' } as unknown as Envelope;
const ALWAYS = [
  ['host', 'weather.internal:8080'],
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream'],
  ['mcp-protocol-version', '2026-07-28'],
  ['mcp-method', 'tools/call'],
];

function toPairs(...raw: readonly (readonly [name: string, value: string])[]): string[][] {
  const flat = toUpstreamHeaders(readHeaders(raw.flat()), ENVELOPE, 'weather.internal:8080', undefined);
  assert.equal(flat.length % 2, 0);
  return Array.from({ length: flat.length / 2 }, (_, i) => flat.slice(i * 2, i * 2 + 2));
}

test('without anything optional these five headers go upstream', () => {
  assert.deepEqual(toPairs(), ALWAYS);
});

test('Mcp-Name goes on as it came, trimmed and still encoded', () => {
  assert.deepEqual(toPairs(['MCP-NAME', ' =?base64?w6k=?= ']), [...ALWAYS, ['mcp-name', '=?base64?w6k=?=']]);
  assert.deepEqual(toPairs(['Mcp-Name', 'a'], ['Mcp-Name', 'b']), ALWAYS, 'one that was repeated never does');
});

test('where a sealed name was opened, Mcp-Name says what stands in the body', () => {
  const flat = toUpstreamHeaders(readHeaders(['Mcp-Name', 'sealed']), ENVELOPE, 'weather.internal:8080', 'tâche');
  assert.deepEqual(flat.slice(-2), ['mcp-name', '=?base64?dMOiY2hl?=']);
});

test('Mcp-Param headers go on as they came, known or not', () => {
  const lines = [
    ['Mcp-Param-Region', 'eu'],
    ['MCP-PARAM-tenant_id', '=?base64?w6k=?='],
    ['mcp-param-x', ''],
  ] as const;
  assert.deepEqual(toPairs(...lines), [...ALWAYS, ...lines]);
});

test('nothing of the client but its mirrored headers and trace context goes upstream', () => {
  const names = [
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Origin',
    'Referer',
    'User-Agent',
    'Forwarded',
    'Via',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'X-Api-Key',
    'Mcp-Session-Id',
    'Last-Event-ID',
    'Mcp-Params',
    'Mcp-Param',
    'Mcp-Method-Override',
    'X-HTTP-Method-Override',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Content-Length',
    'Content-Encoding',
    'Accept',
    'Accept-Encoding',
    'Expect',
    'Upgrade',
    'Host',
    'Baggage',
    'X-Accel-Buffering',
  ];
  assert.deepEqual(toPairs(...names.map((name) => [name, '1'] as const)), ALWAYS);
});

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('trace context goes on when it is well-formed, and tracestate only with it', () => {
  assert.deepEqual(toPairs(['traceparent', PARENT]), [...ALWAYS, ['traceparent', PARENT]]);
  assert.deepEqual(toPairs(['Traceparent', PARENT], ['Tracestate', 'a=1']), [
    ...ALWAYS,
    ['traceparent', PARENT],
    ['tracestate', 'a=1'],
  ]);
  const bad = [
    '',
    PARENT.toUpperCase(),
    PARENT.replace('00-', '01-'),
    PARENT.slice(0, -1),
    `${PARENT}-x`,
    `${PARENT}\n`,
  ];
  for (const value of bad) assert.deepEqual(toPairs(['traceparent', value], ['tracestate', 'a=1']), ALWAYS, value);
  assert.deepEqual(toPairs(['traceparent', PARENT], ['traceparent', PARENT]), ALWAYS);
  assert.deepEqual(toPairs(['tracestate', 'a=1']), ALWAYS);
  for (const state of ['a=\u00e9', `a=${'x'.repeat(511)}`, '']) {
    assert.deepEqual(toPairs(['traceparent', PARENT], ['tracestate', state]), [...ALWAYS, ['traceparent', PARENT]]);
  }
});
