// Conditions on hostile arguments of a megabyte: each one is evaluated in a time that an event loop can spare.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArgumentValues } from '../../../gateway/policy/argument-values.ts';
import { compileCondition } from '../../../gateway/policy/condition.ts';
import { makeFacts } from './make-rules.ts';

const MEGABYTE = 2 ** 20 - 100;
/** About ten times what the slowest one takes; what is not bounded takes seconds. */
const MOST_MS = 40;
const RUNS = 5;

const fill = (item: string): string =>
  `{"l":[${Array.from({ length: Math.floor(MEGABYTE / (item.length + 1)) }, () => item).join()}],"x":1}`;
const items = (item: string, count = 9_999): string =>
  `{"l":[${Array.from({ length: count }, () => item).join()}],"x":1}`;
const text = (part: string, count: number): string => `{"s":"${part.repeat(count)}","t":"b${'a'.repeat(127)}"}`;
const nested = (inner: string): string =>
  `{"a":${'['.repeat(58)}${inner}${']'.repeat(58)},"b":${'['.repeat(58)}${inner}${']'.repeat(58)}}`;
const members = `{"m":{${Array.from({ length: 9_900 }, (_, at) => `"k${at}":${at}`).join()}}}`;

const ROWS: readonly (readonly [text: string, args: string, holds: boolean | 'failed'])[] = [
  ['args.x == 1', fill('""'), true],
  ['args.x == 1', fill('[]'), true],
  ['args.x == 1', fill('1'), true],
  ['args.x == 1', fill('"\\\\"'), true],
  ['args.l.all(v, v == 1)', fill('1'), 'failed'],
  ['args.l.all(v, v == 1)', items('1'), true],
  ['args.l.all(v, v != 2.0)', items('0.300000000000000040'), true],
  ['args.l.exists(a, args.l.exists(b, a == b && a != b))', items('1'), 'failed'],
  ['args.l.map(a, args.l.map(b, [a, b])).size() == 1', items('1'), 'failed'],
  ['args.l.exists(a, args.l.exists(b, a.q == b.q))', items('1'), 'failed'],
  ['args.l.exists(a, args.l.exists(b, (a + b).contains("x")))', items(`"${'a'.repeat(90)}"`), 'failed'],
  ['args.l.all(v, v in args.l)', items('1', 5_000), true],
  ['args.l.all(v, !(v in args.l))', items('{}'), false],
  ['args.l.all(v, v in args.l || true)', items('1e400'), 'failed'],
  ['args.l == args.l.map(v, v) && args.l + args.l + args.l + args.l + args.l == args.l', items('1'), 'failed'],
  ['args.s.contains(args.t)', text('a', MEGABYTE - 200), false],
  ['args.s.contains(args.s + "b") || args.s.contains(args.t + args.t)', text('a', 400_000), 'failed'],
  ['args.s.split("a").size() == 1', text('a', MEGABYTE - 200), 'failed'],
  ['args.s.upperAscii() == "x"', text('aé', 300_000), 'failed'],
  ['args.s.size() == 3', text('é', 500_000), false],
  ['args.s + args.s + args.s + args.s + args.s + args.s == args.t', text('a', 900_000), 'failed'],
  ['args.l.all(v, duration(v) > duration("1s"))', items('"1h2m3s4ms5us6ns1h2m3s4ms5us6ns"'), 'failed'],
  ['args.l.all(v, timestamp(v) < now)', items('"2020-01-01T00:00:00.123456789+01:00"'), 'failed'],
  ['args.l.all(v, now.getHours("Europe/Oslo") >= v)', items('1'), 'failed'],
  ['args.l.all(v, double(v) != 2.0)', items(`"${'1'.repeat(60)}"`), 'failed'],
  ['args.m.all(k, args.m.size() > 1 && args.m[k] >= 0)', members, 'failed'],
  ['args.m == args.m', members, true],
  ['args.a == args.b', nested(Array.from({ length: 200_000 }, () => '1').join()), 'failed'],
  ['args.a == args.b', nested(''), true],
];

function measureMs(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at < RUNS; at++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

test('no arguments make a condition take long', () => {
  for (const [when, args, holds] of ROWS) {
    const compiled = compileCondition(when);
    assert.ok(compiled.ok);
    const bytes = Buffer.from(args);
    const ms = measureMs(() => {
      const values = readArgumentValues(bytes);
      assert.equal(compiled.condition.evaluate({ ...makeFacts(), args: () => values }), holds, when);
    });
    assert.ok(ms < MOST_MS, `${when}: ${ms} ms`);
  }
});
