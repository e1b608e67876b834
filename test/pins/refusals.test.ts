// Every "no" of the gateway: status and code on the wire may not change unnoticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toErrorBody } from '../../gateway/mcp/json-rpc.ts';
import { REFUSAL_KINDS, Refusal } from '../../gateway/refusal.ts';

const PINNED: readonly (readonly [kind: string, status: number, code: number, closes?: 'closes'])[] = [
  ['not_json', 400, -32700],
  ['not_a_request', 400, -32600],
  ['bad_params', 400, -32602],
  ['header_mismatch', 400, -32020],
  ['unsupported_version', 400, -32022],
  ['unknown_method', 404, -32601],
  ['unknown_name', 400, -32602],
  ['verb_not_allowed', 405, 405],
  ['unknown_path', 404, 404],
  ['unsupported_media', 415, 415],
  ['malformed_http', 400, 400, 'closes'],
  ['body_too_large', 413, 413, 'closes'],
  ['headers_too_large', 431, 431, 'closes'],
  ['too_slow', 408, 408, 'closes'],
  ['expectation', 417, 417, 'closes'],
  ['host_not_allowed', 403, 403],
  ['origin_not_allowed', 403, 403],
  ['token_absent', 401, 401],
  ['token_invalid', 401, 401],
  ['token_misplaced', 400, 400],
  ['denied', 403, 403],
  ['scope_missing', 403, 403],
  ['capability_missing', 400, -32021],
  ['state_invalid', 400, -32602],
  ['task_lost', 400, -32602],
  ['rate_limited', 429, 429],
  ['too_many_concurrent', 429, 429],
  ['too_many_tasks', 429, 429],
  ['polled_too_soon', 429, 429],
  ['quota_unavailable', 503, -32603],
  ['no_instance', 503, -32603],
  ['upstream_failed', 502, -32603],
  ['upstream_slow', 504, -32603],
  ['draining', 503, -32603, 'closes'],
  ['overloaded', 503, -32603, 'closes'],
  ['internal', 500, -32603],
];

test('the kinds of refusal are exactly these', () => {
  assert.deepEqual([...REFUSAL_KINDS].toSorted(), PINNED.map(([kind]) => kind).toSorted());
});

test('every kind has its status and code, and closes the connection where the rest was not read', () => {
  const rows = REFUSAL_KINDS.map((kind) => {
    const { status, code, close } = new Refusal(kind).row;
    return [kind, status, code, ...(close === true ? ['closes'] : [])];
  });
  assert.deepEqual(new Set(rows.map((row) => JSON.stringify(row))), new Set(PINNED.map((row) => JSON.stringify(row))));
});

test('no code of ours lies in a range that the protocol or JSON-RPC keeps for itself', () => {
  const ofTheProtocol = new Set([-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022]);
  for (const kind of REFUSAL_KINDS) {
    const { code } = new Refusal(kind).row;
    assert(ofTheProtocol.has(code) || code < -32768 || code > -32000, `${kind} ${code}`);
  }
});

test('every refusal names its kind in the body, and its words are one sentence', () => {
  for (const kind of REFUSAL_KINDS) {
    const body = JSON.parse(toErrorBody(new Refusal(kind))) as { error: { message: string; data: unknown } };
    assert.deepEqual(body.error.data, { reason: kind });
    assert.match(body.error.message, /^[A-Z][^\n]{3,120}\.$/);
  }
});

const BODIES: readonly (readonly [refusal: Refusal, body: string])[] = [
  [
    new Refusal('not_json', { reason: 'syntax' }),
    '{"jsonrpc":"2.0","error":{"code":-32700,"message":"The body is not JSON.","data":{"reason":"not_json"}}}',
  ],
  [
    new Refusal('header_mismatch', { reason: 'name_differs' }, '"a"'),
    '{"jsonrpc":"2.0","id":"a","error":{"code":-32020,"message":"A mirrored header is missing, repeated, malformed or different from the body.","data":{"reason":"header_mismatch"}}}',
  ],
  [
    new Refusal('unsupported_version', { data: { supported: ['2026-07-28'], requested: '2025-11-25' } }, '0'),
    '{"jsonrpc":"2.0","id":0,"error":{"code":-32022,"message":"Unsupported protocol version.","data":{"reason":"unsupported_version","supported":["2026-07-28"],"requested":"2025-11-25"}}}',
  ],
  [
    new Refusal('unknown_method', {}, '7'),
    '{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"Method not found.","data":{"reason":"unknown_method"}}}',
  ],
  [
    new Refusal('upstream_failed', { reason: 'cut' }, '-1'),
    '{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"The server behind the gateway failed.","data":{"reason":"upstream_failed"}}}',
  ],
];

test('error bodies are these very bytes', () => {
  for (const [refusal, body] of BODIES) assert.equal(toErrorBody(refusal), body);
});
