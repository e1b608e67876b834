// A store that keeps failing is left alone, and asked now and then whether it is back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallDeadlines } from '../../../gateway/quota/call-deadlines.ts';
import { StoreBreaker, type StoreEvent } from '../../../gateway/quota/store-breaker.ts';
import { makeTimeline } from './timeline.ts';

test('five failures in a row open it, a success in between does not, and only a probe closes it', async () => {
  const { startTimer, pass } = makeTimeline();
  const events: StoreEvent[] = [];
  let isBack = false;
  const probe = async (): Promise<void> => {
    if (!isBack) throw new Error('down');
  };
  const breaker = new StoreBreaker({ startTimer, probe, onStoreEvent: (event) => void events.push(event) });
  for (let i = 0; i < 4; i++) breaker.fail('timeout');
  breaker.succeed();
  for (let i = 0; i < 4; i++) breaker.fail('reply');
  assert.equal(breaker.isOpen, false);
  breaker.fail('connection');
  assert.equal(breaker.isOpen, true);
  breaker.succeed();
  breaker.fail('connection');
  assert.equal(breaker.isOpen, true);
  await pass(500);
  assert.equal(breaker.isOpen, true);
  isBack = true;
  await pass(499);
  assert.equal(breaker.isOpen, true);
  await pass(1);
  assert.equal(breaker.isOpen, false);
  assert.deepEqual(events, [
    { kind: 'store_failed', reason: 'timeout' },
    { kind: 'store_failed', reason: 'reply' },
    { kind: 'store_open', reason: 'connection' },
    { kind: 'store_recovered' },
  ]);
});

test('a closed store is probed no more', async () => {
  const { startTimer, pass } = makeTimeline();
  let probes = 0;
  const probe = async (): Promise<void> => {
    probes++;
    throw new Error('down');
  };
  const breaker = new StoreBreaker({ startTimer, probe, onStoreEvent: () => {} });
  for (let i = 0; i < 5; i++) breaker.fail('timeout');
  await pass(500);
  breaker.close();
  await pass(5000);
  assert.equal(probes, 1);
});

test('each call has its own deadline, all with one timer, and a late result is handed on', async () => {
  const { startTimer, pass, nowMs, timers } = makeTimeline();
  const deadlines = new CallDeadlines(50, nowMs, startTimer);
  const fault = new Error('slow');
  const late: string[] = [];
  const open: ((value: string) => void)[] = [];
  const call = (): Promise<string> => {
    const work = new Promise<string>((resolve) => open.push(resolve));
    return deadlines.limit(work, fault, (value) => void late.push(value)).catch((error: Error) => error.message);
  };
  const first = call();
  await pass(20);
  const [second, third] = [call(), call()];
  open[1]?.('in time');
  assert.equal(await second, 'in time');
  await pass(30);
  assert.equal(await first, 'slow');
  assert.equal(timers(), 1);
  await pass(20);
  assert.equal(await third, 'slow');
  assert.equal(timers(), 0);
  open[0]?.('too late');
  await pass(1);
  assert.deepEqual(late, ['too late']);
});

test('a result that has come while this process stood still is not too late', async () => {
  const { startTimer, pass, nowMs } = makeTimeline();
  const deadlines = new CallDeadlines(50, nowMs, startTimer);
  const work = Promise.withResolvers<string>();
  const call = deadlines.limit(work.promise, new Error('slow'), () => {});
  const passing = pass(500);
  work.resolve('here');
  await passing;
  assert.equal(await call, 'here');
});
