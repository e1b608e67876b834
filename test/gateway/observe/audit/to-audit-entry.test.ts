// What the audit trail tells of a request, and what it never does.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { RequestRecord } from '../../../../gateway/exchange.ts';
import { formatEntry } from '../../../../gateway/observe/audit/format-entry.ts';
import { toAuditEntry, toRawAuditEntry } from '../../../../gateway/observe/audit/to-audit-entry.ts';
import { Refusal } from '../../../../gateway/refusal.ts';
import { makeEnvelope, makePrincipal, makeRecord } from '../make-record.ts';

function toMembers(record: RequestRecord): Record<string, unknown> {
  const entry = toAuditEntry(record, 1.23456);
  return JSON.parse(`{${formatEntry(entry).slice(1)}}`) as Record<string, unknown>;
}

test('an answered call tells who called what, by which rule, where it went and how it ended', () => {
  const members = toMembers(
    makeRecord({
      endpoint: '/mcp',
      envelope: makeEnvelope('tools/call', 'get_forecast'),
      principal: makePrincipal({ jti: 'token-7' }),
      decision: { outcome: 'allowed', rule: 'forecasts', policy: '0011223344556677' },
      upstream: 'weather',
      tool: 'get_forecast',
      bytesIn: 100,
      bytesOut: 200,
      sealed: 1,
      trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true },
      answer: { ending: 'answered', status: 200, upstream: 'weather', instance: 0 },
    }),
  );
  assert.deepEqual(members, {
    requestId: 'r-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    endpoint: '/mcp',
    principal: {
      kind: 'token',
      issuer: 'https://login.example.com',
      subject: 'alice',
      client: 'assistant',
      jti: hash('sha256', 'token-7').slice(0, 32),
    },
    method: 'tools/call',
    name: 'get_forecast',
    decision: 'allowed',
    rule: 'forecasts',
    policy: '0011223344556677',
    upstream: 'weather',
    status: 200,
    ending: 'answered',
    durationMs: 1.235,
    bytesIn: 100,
    bytesOut: 200,
    sealed: 1,
    opened: 0,
  });
});

test('a refusal before the caller was known tells what was known', () => {
  const refusal = new Refusal('token_invalid', { reason: 'expired' });
  assert.deepEqual(toMembers(makeRecord({ endpoint: '/mcp', refusal })), {
    requestId: 'r-1',
    endpoint: '/mcp',
    refusal: 'token_invalid',
    reason: 'expired',
    status: 401,
    ending: 'refused',
    durationMs: 1.235,
    bytesIn: 0,
    bytesOut: 0,
    sealed: 0,
    opened: 0,
  });
});

test('a refusal that never became a request has a line too', () => {
  const entry = toRawAuditEntry(new Refusal('malformed_http', { reason: 'pipelined' }));
  assert.equal(
    formatEntry(entry),
    ',"refusal":"malformed_http","reason":"pipelined","status":400,"ending":"refused","bytesIn":0,"bytesOut":0,"sealed":0,"opened":0',
  );
});

test('a client that left before anything was decided leaves a line without a status', () => {
  const { ending, status } = toMembers(makeRecord());
  assert.deepEqual([ending, status], ['client_left', undefined]);
});

test('a quota that refused is named beside the rule that allowed', () => {
  const members = toMembers(
    makeRecord({
      decision: { outcome: 'allowed', rule: 'forecasts', policy: '0011223344556677' },
      quotaRule: 'calls',
      refusal: new Refusal('rate_limited'),
    }),
  );
  assert.deepEqual(
    [members['rule'], members['quotaRule'], members['refusal'], members['status']],
    ['forecasts', 'calls', 'rate_limited', 429],
  );
});

const NAMES: readonly (readonly [method: string, name: string, told: string])[] = [
  ['tools/call', 'delete_all?really', 'delete_all?really'],
  ['resources/read', 'weather://oslo/today', 'weather://oslo/today'],
  ['resources/read', 'weather://oslo?key=secret', 'weather://oslo?...'],
  ['resources/read', 'weather://oslo#secret', 'weather://oslo#...'],
  ['resources/read', 'https://me:secret@example.com/a@b', 'https://example.com/a@b'],
  ['resources/read', 'https://me:secret@example.com', 'https://example.com'],
  ['resources/read', 'https://?a@b', 'https://?...'],
  ['tasks/get', 'task-secret', `sha256:${hash('sha256', 'task-secret').slice(0, 32)}`],
  ['tools/call', 'x'.repeat(201), `${'x'.repeat(200)}...(+1)`],
  ['tools/call', `${'x'.repeat(199)}\u{1F600}`, `${'x'.repeat(199)}...(+2)`],
];

test('names are told without the secrets that travel in them, and cut', () => {
  for (const [method, name, told] of NAMES) {
    assert.equal(toMembers(makeRecord({ envelope: makeEnvelope(method, name) }))['name'], told);
  }
});

test('the tool of a task is told beside its id', () => {
  const envelope = makeEnvelope('tasks/get', 'id');
  assert.equal(toMembers(makeRecord({ envelope, tool: 'export' }))['tool'], 'export');
});

test('a jti that is no string, or not the token’s own, is left out', () => {
  for (const claims of [{ jti: 7 }, {}, Object.create({ jti: 'inherited' }) as Record<string, unknown>]) {
    const { principal } = toMembers(makeRecord({ principal: makePrincipal(claims) }));
    assert.equal((principal as Record<string, unknown>)['jti'], undefined);
  }
});

test('whatever a client or an issuer calls itself, the line is visible ASCII and says just that', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      fc.constantFrom('"', '\\', '\n', '\u202e', '\u007f', '\u0085'),
    ),
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, text, (name, subject) => {
      const record = makeRecord({
        envelope: makeEnvelope('tools/call', name),
        principal: { ...makePrincipal({}), subject },
      });
      const line = formatEntry(toAuditEntry(record, 1));
      assert.match(line, /^[\x20-\x7e]*$/);
      const members = JSON.parse(`{${line.slice(1)}}`) as { name: string; principal: { subject: string } };
      assert.deepEqual([members.name, members.principal.subject], [name, subject]);
    }),
    { numRuns: 1000 },
  );
});
