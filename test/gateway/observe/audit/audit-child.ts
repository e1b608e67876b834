// A process that writes an audit trail without pause, and says of each line when it was taken, until somebody kills it.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { makeAuditTrail } from '../../../../gateway/observe/audit/audit-trail.ts';
import { ENTRY } from './audit-under-test.ts';

const [, , to = 'stdout', label = '1', flushEveryMs = '100', most = 'Infinity'] = process.argv;

const trail = makeAuditTrail(
  {
    to: to === 'stdout' ? to : { file: to },
    onFull: 'block',
    flushEveryMs: Number(flushEveryMs),
    checkpointEvery: 100,
    checkpointKey: undefined,
    rotateAtBytes: undefined,
  },
  {
    process: label,
    nowEpochMs: Date.now,
    startTimer(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    random: randomBytes,
    onWritten() {},
    onDropped() {},
    onFailure: (error) => console.error(error),
  },
);

for (let count = 1; count <= Number(most); count++) {
  trail.write({ ...ENTRY, requestId: `${label}-${count}` });
  // Waits for the pipe: what was said before the kill is there to be read.
  if (to !== 'stdout') writeSync(1, `${count} ${performance.now()}\n`);
  // Slowly enough that time, not size, is what makes it write.
  if (to !== 'stdout' || count % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
await trail.close();
