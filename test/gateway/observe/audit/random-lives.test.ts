// Whatever happens to a gateway and its audit file, in whatever order, the chain over all files can be proven.
import assert from 'node:assert/strict';
import { appendFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ENTRY, makeAuditFolder } from './audit-under-test.ts';

const STEP = fc.oneof(
  fc.record({ do: fc.constant('write' as const), lines: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constantFrom('flush' as const, 'time' as const, 'rename' as const, 'restart' as const) }),
  fc.record({ do: fc.constant('crash' as const), left: fc.constantFrom('', '{"audit":"requ', 'x\n', '\u0000\u0000') }),
);

test('writes, flushes, rotations, renames, restarts and crashes leave one chain with every line in it', async (t) => {
  const lives = fc.tuple(fc.array(STEP, { maxLength: 25 }), fc.constantFrom(undefined, 1, 900, 5000));
  await fc.assert(
    fc.asyncProperty(lives, async ([steps, rotateAtBytes]) => {
      const folder = makeAuditFolder(t);
      const settings = { rotateAtBytes, checkpointEvery: 3 };
      let trail = folder.open(settings);
      let written = 0;
      let renamed = 0;
      let crashes = 0;
      for (const step of steps) {
        switch (step.do) {
          case 'write':
            for (let at = 0; at < step.lines; at++) trail.write({ ...ENTRY, requestId: String(written++) });
            break;
          case 'flush':
            await trail.flush();
            break;
          case 'time':
            folder.fire();
            break;
          case 'rename':
            await trail.flush();
            renameSync(folder.file, `${folder.file}.by-hand-${renamed++}`);
            await trail.reopen();
            break;
          case 'restart':
            await trail.close();
            trail = folder.open(settings);
            break;
          case 'crash':
            await trail.flush();
            appendFileSync(folder.file, step.left);
            trail = folder.open(settings);
            crashes++;
        }
      }
      await trail.close();
      const first = (name: string): number => Number(/"seq":([0-9]+)/.exec(folder.read(name).toString())?.[1]);
      const names = folder.names().toSorted((a, b) => first(a) - first(b));
      const report = await folder.verify(names);
      assert.deepEqual(
        [report.broken, report.requests, report.crashes, report.chains.map(({ hasEnded }) => hasEnded)],
        [undefined, written, crashes, [true]],
      );
      assert.deepEqual([folder.told.dropped, folder.told.failures], [0, []]);
    }),
    { numRuns: 60 },
  );
});
