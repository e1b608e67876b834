// How many lines of a kind may be written in a second.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LogAllowance } from '../../../gateway/observe/log-allowance.ts';

test('whatever comes when, no window of a second holds more than twice the lines, and every line is written or told', () => {
  const gaps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.oneof(fc.constant(0), fc.nat(700))), { maxLength: 300 });
  fc.assert(
    fc.property(gaps, (events) => {
      let now = 0;
      let fireAt: number | undefined;
      let run: (() => void) | undefined;
      let told = 0;
      const allowance = new LogAllowance(5, {
        nowMs: () => now,
        startTimer(delayMs, fire) {
          fireAt = now + delayMs;
          run = fire;
          return () => (fireAt = undefined);
        },
        onDropped: (dropped) => (told += dropped.reduce((sum, { lines }) => sum + lines, 0)),
      });
      const written: { kind: string; at: number }[] = [];
      for (const [kind, gap] of events) {
        now += gap;
        if (fireAt !== undefined && now >= fireAt) run?.();
        if (allowance.mayWrite(kind, 'info')) written.push({ kind, at: now });
      }
      allowance.tell();
      assert.equal(written.length + told, events.length);
      for (const { kind, at } of written) {
        const near = written.filter((other) => other.kind === kind && other.at >= at && other.at < at + 1000);
        assert(near.length <= 10, `${near.length} from ${at}`);
      }
    }),
  );
});
