// The log: which lines are written, what stands in them, how few of them there are in a flood.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log } from '../../../gateway/observe/log.ts';
import type { LogLevel } from '../../../gateway/observe/log-allowance.ts';
import { Refusal, type RefusalKind } from '../../../gateway/refusal.ts';
import { makeEnvelope, makeRecord } from './make-record.ts';

interface Bench {
  readonly log: Log;
  readonly clock: { nowMs: number };
  readonly lines: () => Record<string, unknown>[];
  /** Fires the timers that are set. */
  readonly fire: () => void;
}

function makeBench(level = 'info'): Bench {
  const texts: string[] = [];
  const clock = { nowMs: 0 };
  const timers = new Set<() => void>();
  const log = new Log(
    { level, format: 'json' },
    {
      nowMs: () => clock.nowMs,
      startTimer(_delayMs, run) {
        timers.add(run);
        return () => timers.delete(run);
      },
      destination: { write: (text) => void texts.push(text), flush() {} },
    },
  );
  return {
    log,
    clock,
    lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>),
    fire() {
      for (const run of timers) run();
    },
  };
}

const refused = (kind: RefusalKind, reason?: string) =>
  makeRecord({ endpoint: '/mcp', refusal: new Refusal(kind, reason === undefined ? {} : { reason }) });

test('a good request leaves no line', () => {
  const { log, lines } = makeBench();
  log.request(makeRecord({ answer: { ending: 'answered', status: 200, upstream: 'a', instance: 0 } }), 1);
  log.request(makeRecord(), 1);
  assert.deepEqual(lines(), []);
});

test('a refused request leaves one line with what was known of it', () => {
  const { log, lines } = makeBench();
  log.request(
    {
      ...refused('rate_limited', 'bucket_empty'),
      envelope: makeEnvelope('resources/read', 'weather://oslo?key=secret'),
      decision: { outcome: 'allowed', rule: 'forecasts', policy: '0011223344556677' },
      quotaRule: 'calls',
      trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: false },
    },
    1.23456,
  );
  const [{ time, ...line } = {}] = lines();
  assert.equal(typeof time, 'string');
  assert.deepEqual(line, {
    level: 30,
    requestId: 'r-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    endpoint: '/mcp',
    method: 'resources/read',
    name: 'weather://oslo?...',
    status: 429,
    kind: 'rate_limited',
    reason: 'bucket_empty',
    rule: 'forecasts',
    policy: '0011223344556677',
    quotaRule: 'calls',
    durationMs: 1.235,
    msg: 'request refused',
  });
});

test('the level tells whose failure it was', () => {
  const { log, lines } = makeBench();
  for (const kind of ['token_absent', 'upstream_slow', 'internal'] as const) log.request(refused(kind), 1);
  log.request(makeRecord({ answer: { ending: 'cut', status: 200, upstream: 'a', instance: 0 } }), 1);
  log.rawRefusal(new Refusal('malformed_http'));
  assert.deepEqual(
    lines().map(({ level, kind }) => [level, kind]),
    [
      [30, 'token_absent'],
      [40, 'upstream_slow'],
      [50, 'internal'],
      [40, 'cut'],
      [30, 'malformed_http'],
    ],
  );
});

test('a flood of refusals leaves two hundred lines of each kind in a second, and one that counts the rest', () => {
  const { log, lines, fire, clock } = makeBench();
  for (let at = 0; at < 100_000; at++) log.request(refused(at % 4 === 0 ? 'denied' : 'token_absent'), 1);
  for (let at = 0; at < 300; at++) log.rawRefusal(new Refusal('token_absent'));
  assert.equal(lines().length, 400);
  clock.nowMs = 1000;
  fire();
  assert.deepEqual(lines().at(-1)?.['dropped'], [
    { kind: 'denied', lines: 24_800 },
    { kind: 'token_absent', lines: 75_100 },
  ]);
  assert.equal(lines().at(-1)?.['msg'], 'lines left out');
  fire();
  assert.equal(lines().length, 401, 'nothing left out, nothing told');
  log.request(refused('denied'), 1);
  assert.equal(lines().length, 402, 'a new second, new lines');
});

test('a flood of one kind does not hide another', () => {
  const { log, lines } = makeBench();
  for (let at = 0; at < 1000; at++) log.request(refused('token_absent'), 1);
  log.request(refused('internal'), 1);
  assert.equal(lines().at(-1)?.['kind'], 'internal');
});

test('attempts that fail by the thousand, and other frequent events, are counted too', () => {
  const { log, lines } = makeBench();
  for (let at = 0; at < 1000; at++) {
    log.failedAttempt('weather', 'http://weather-1', 'refused', true);
    log.event('warn', 'token exchange', { kind: 'exchange_failed' });
  }
  assert.equal(lines().length, 400);
});

test('the count of what was left out has the level of the worst of it', () => {
  for (const [level, told] of [
    ['error', 50],
    ['warn', 40],
    ['info', 30],
  ] as const satisfies readonly (readonly [LogLevel, number])[]) {
    const { log, lines } = makeBench();
    for (let at = 0; at < 21; at++) {
      log.event('info', 'a', {});
      log.event(level, 'b', {});
    }
    log.flush();
    assert.equal(lines().at(-1)?.['level'], told);
  }
});

test('what the level leaves out is neither written nor counted', () => {
  const { log, lines } = makeBench('warn');
  for (let at = 0; at < 100; at++) log.request(refused('token_absent'), 1);
  log.flush();
  assert.deepEqual(lines(), []);
  log.setLevel('info');
  log.request(refused('token_absent'), 1);
  assert.equal(lines().length, 1);
});

test('only a fault of ours carries its cause', () => {
  const { log, lines } = makeBench();
  const cause = new Error('broken');
  log.request(makeRecord({ refusal: new Refusal('internal', { cause }) }), 1);
  log.request(makeRecord({ refusal: new Refusal('upstream_failed', { cause }) }), 1);
  assert.deepEqual(
    lines().map(({ err }) => (err as Error | undefined)?.message),
    ['broken', undefined],
  );
});
