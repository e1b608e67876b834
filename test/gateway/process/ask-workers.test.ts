// Questions to workers: each answer reaches the one who asked, and a worker that is silent or gone keeps nobody waiting.
import assert from 'node:assert/strict';
import type { Worker } from 'node:cluster';
import { test } from 'node:test';
import { makeWorkerAsker } from '../../../gateway/process/ask-workers.ts';
import type { ToWorker } from '../../../gateway/process/messages.ts';

interface FakeWorker {
  readonly worker: Worker;
  readonly asked: number[];
}

function makeWorker(connected = true, error: Error | null = null): FakeWorker {
  const asked: number[] = [];
  const worker = {
    isConnected: () => connected,
    send(message: ToWorker, done: (error: Error | null) => void) {
      if (message.tollgate === 'question') asked.push(message.id);
      done(error);
    },
  };
  return { worker: worker as unknown as Worker, asked };
}

const CHECKS = [{ name: 'listening', ok: true, decides: true }];

test('answers that come in another order reach those who asked', async () => {
  const asker = makeWorkerAsker();
  const [one, other] = [makeWorker(), makeWorker()];
  const answers = [asker.ask(one.worker, 'checks'), asker.ask(other.worker, 'checks')];
  asker.take(other.asked[0] as number, []);
  asker.take(one.asked[0] as number, CHECKS);
  assert.deepEqual(await Promise.all(answers), [CHECKS, []]);
});

test('a worker that is gone, or cannot be written to, has no answer', async () => {
  const asker = makeWorkerAsker();
  assert.equal(await asker.ask(makeWorker(false).worker, 'checks'), undefined);
  assert.equal(await asker.ask(makeWorker(true, new Error('closed')).worker, 'metrics'), undefined);
});

test("one that hangs is waited for a second, and what it says later is nobody's", async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asker = makeWorkerAsker();
  const { worker, asked } = makeWorker();
  const answer = asker.ask(worker, 'checks');
  t.mock.timers.tick(1000);
  assert.equal(await answer, undefined);
  asker.take(asked[0] as number, CHECKS);
  asker.take(99, CHECKS);
});
