// Which traces are recorded, and that nothing of OpenTelemetry is loaded where none are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeSampler } from '../../../../gateway/observe/traces/sampler.ts';
import { SpanIds } from '../../../../gateway/observe/traces/span-ids.ts';
import { makeRecord, startTracing, toIncoming } from './support.ts';

const ROOT = join(import.meta.dirname, '../../../..');

function toTraceId(value: number): string {
  return value.toString(16).padStart(32, '0');
}

test('about the wanted fraction is recorded, of random ids and of counted ones', () => {
  for (const fraction of [0.01, 0.1, 0.5, 0.9]) {
    const isSampled = makeSampler(fraction, 'seed');
    for (const makeId of [toTraceId, () => randomBytes(16).toString('hex')]) {
      let taken = 0;
      for (let i = 1; i <= 20_000; i++) if (isSampled(makeId(i))) taken++;
      assert.ok(Math.abs(taken / 20_000 - fraction) < 0.02, `${taken} of 20000 at ${fraction}`);
    }
  }
});

test('none are recorded at zero, all at one, and none when the fraction is no number', () => {
  for (const [fraction, expected] of [
    [0, false],
    [-1, false],
    [Number.NaN, false],
    [1, true],
    [2, true],
  ] as const) {
    assert.equal(makeSampler(fraction, 'seed')(toTraceId(1)), expected, String(fraction));
  }
});

test('all who share a seed decide alike, and an id that is recorded under one seed is not under another', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => toTraceId(i + 1));
  const [first, again, other] = [makeSampler(0.1, 'a'), makeSampler(0.1, 'a'), makeSampler(0.1, 'b')];
  const recorded = ids.filter((id) => first(id));
  assert.deepEqual(
    ids.filter((id) => again(id)),
    recorded,
  );
  const both = recorded.filter((id) => other(id)).length;
  assert.ok(both < recorded.length * 0.2, `${both} of ${recorded.length}`);
});

test('the sampled flag of a client records nothing by itself', async (t) => {
  const { tracing } = await startTracing(t, 0.1);
  let recorded = 0;
  for (let i = 1; i <= 2000; i++) {
    const traceparent = `00-${toTraceId(i)}-00f067aa0ba902b7-01`;
    if (tracing.begin(toIncoming({ traceparent }), makeRecord()).note.sampled) recorded++;
  }
  assert.ok(recorded > 100 && recorded < 300, `${recorded} of 2000`);
});

test('ids are never all zero and never the same, also when the source of randomness says zero at first', () => {
  let fills = 0;
  const ids = new SpanIds((bytes) => {
    if (fills++ === 0) bytes.fill(0);
    else bytes.set(randomBytes(bytes.length));
  });
  const made = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? ids.makeTraceId() : ids.makeSpanId()));
  assert.equal(new Set(made).size, 500);
  for (const [i, id] of made.entries()) assert.match(id, i % 2 === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{16}$/);
});

test('nothing of OpenTelemetry is loaded while traces are off', async () => {
  const program = `
    const { makeTracing } = await import('./gateway/observe/traces/make-tracing.ts');
    const { createRequire } = await import('node:module');
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('opentelemetry')).length;
    const deps = { nowMs: () => 0, fillRandom() {}, version: '', seed: '', isKnownTool: () => false, isKnownPrompt: () => false, onExport() {} };
    const off = await makeTracing(undefined, deps);
    const before = loaded();
    const on = await makeTracing({ otlp: 'http://127.0.0.1:9', sample: 0, headers: new Map() }, deps);
    console.log(JSON.stringify({ off: off === undefined, before, after: loaded() > 0 }));
    await on.close();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT });
  assert.deepEqual(JSON.parse(stdout), { off: true, before: 0, after: true });
});
