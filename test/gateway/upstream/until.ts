// Waits for a condition that another party brings about, with a deadline.
import { setTimeout as pause } from 'node:timers/promises';

export async function until(what: string, condition: () => boolean, deadlineMs = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}.`);
    await pause(5);
  }
}
