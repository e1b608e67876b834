// Signals become calls, once each, until nobody listens any more.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { onSignals } from '../../../gateway/process/signals.ts';

test('each signal makes its call', async (t) => {
  // The test runner's own listener would write a report.
  const others = process.listeners('SIGUSR2');
  process.removeAllListeners('SIGUSR2');
  t.after(() => {
    for (const listener of others) process.on('SIGUSR2', listener);
  });
  const told: string[] = [];
  const off = onSignals({
    onStop: () => void told.push('stop'),
    onReload: () => void told.push('reload'),
    onReopen: () => void told.push('reopen'),
  });
  t.after(off);
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGHUP', 'SIGTERM'] as const) {
    const came = once(process, signal);
    process.kill(process.pid, signal);
    await came;
  }
  assert.deepEqual(told, ['reload', 'reopen', 'reload', 'stop']);
  off();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) {
    assert.equal(process.listenerCount(signal), 0, signal);
  }
});
