// The one real timer of the upstream folder: it never keeps the process alive, and can be taken back.

/** Runs `run` once after `delayMs`; the function returned takes it back. Tests pass one driven by a clock of their own. */
export type StartTimer = (delayMs: number, run: () => void) => () => void;

/** Above this, Node's timers overflow and fire at once. */
const LONGEST_MS = 2_147_483_647;

export const startTimer: StartTimer = (delayMs, run) => {
  const timer = setTimeout(run, Math.min(delayMs, LONGEST_MS));
  timer.unref();
  return () => clearTimeout(timer);
};
