// Waits for conditions and promises that another party brings about, always with a deadline.
import { setTimeout as pause } from 'node:timers/promises';

/** Polls until the condition holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 5_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await pause(5);
  }
}

/** Polls until a number that grows has stood still for a while, and returns it. */
export async function untilStill(what: string, read: () => number, deadlineMs = 10_000): Promise<number> {
  const STILL_MS = 300;
  let last = read();
  let since = performance.now();
  await until(
    `${what} stands still`,
    () => {
      if (read() !== last) {
        last = read();
        since = performance.now();
      }
      return performance.now() - since >= STILL_MS;
    },
    deadlineMs,
  );
  return last;
}

/** The promise's value, or a rejection that names what did not come in time. */
export async function within<T>(deadlineMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms in vain for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
