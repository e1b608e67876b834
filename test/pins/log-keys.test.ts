// The keys of log lines: whoever searches a log does so by them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log } from '../../gateway/observe/log.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { makeEnvelope, makeRecord } from '../gateway/observe/make-record.ts';

function collectKeys(write: (log: Log) => void): string[] {
  const texts: string[] = [];
  const destination = { write: (text: string) => void texts.push(text), flush() {} };
  const log = new Log({ level: 'info', format: 'json' }, { destination, startTimer: () => () => {} });
  write(log);
  log.flush();
  return Object.keys(JSON.parse(texts.at(-1) ?? '{}') as object);
}

const FULL = {
  endpoint: '/mcp',
  envelope: makeEnvelope('tools/call', 'get_forecast'),
  decision: { outcome: 'allowed', rule: 'forecasts', policy: '0011223344556677' },
  quotaRule: 'calls',
  upstream: 'weather',
  trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true },
} as const;

test('a refused request has these keys, in this order', () => {
  const refusal = new Refusal('internal', { reason: 'bug', cause: new Error('broken') });
  assert.deepEqual(
    collectKeys((log) => log.request(makeRecord({ ...FULL, refusal }), 1)),
    [
      'level',
      'time',
      'requestId',
      'traceId',
      'endpoint',
      'method',
      'name',
      'upstream',
      'status',
      'kind',
      'reason',
      'rule',
      'policy',
      'quotaRule',
      'durationMs',
      'err',
      'msg',
    ],
  );
});

test('a refusal before there was a request has these keys', () => {
  assert.deepEqual(
    collectKeys((log) => log.rawRefusal(new Refusal('malformed_http', { reason: 'pipelined' }))),
    ['level', 'time', 'kind', 'status', 'reason', 'msg'],
  );
});

test('an attempt that failed has these keys', () => {
  assert.deepEqual(
    collectKeys((log) => log.failedAttempt('weather', 'http://weather-1', 'refused', true)),
    ['level', 'time', 'upstream', 'instance', 'fault', 'retried', 'msg'],
  );
});

test('the count of what was left out has these keys', () => {
  const keys = collectKeys((log) => {
    for (let at = 0; at < 201; at++) log.rawRefusal(new Refusal('token_absent'));
  });
  assert.deepEqual(keys, ['level', 'time', 'dropped', 'msg']);
});
