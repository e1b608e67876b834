// Reports a problem in whole sentences from inside a shape, and lets a check run beside other faults.
import type { z } from 'zod';

/** For checks that guard themselves: they run also when other keys were refused, so that all faults are told at once. */
export const ALWAYS = { when: () => true } as const;

/** `say` is the message, or makes it from the offending value, already quoted; `path` starts at the shape. */
export function addProblem(
  ctx: z.core.$RefinementCtx,
  path: (string | number)[],
  say: string | ((found: string) => string),
): void {
  const params = { say: typeof say === 'string' ? () => say : say };
  ctx.addIssue({ code: 'custom', path, params });
}
