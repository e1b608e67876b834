// What the quotas need to know of a task: whether a call may become one, and what its upstream says of its life.
import type { Edit } from '../mcp/edits.ts';
import type { Envelope } from '../mcp/envelope.ts';
import { TASKS_EXTENSION } from '../mcp/methods.ts';
import type { CounterKey } from './counter-key.ts';
import type { BegunTask, Take } from './quota-store.ts';
import type { CompiledRule } from './rule-index.ts';

/** An upstream's word on how rarely it wants to be asked is taken up to here. */
const LONGEST_POLL_MS = 3_600_000;

/** @param edits a declaration that one of them takes out does not reach the server */
export function declaresTasks({ extensions }: Envelope, edits: readonly Edit[]): boolean {
  for (const { name, start, end } of extensions) {
    if (name === TASKS_EXTENSION) return !edits.some((edit) => edit.start <= start && edit.end >= end);
  }
  return false;
}

/** @param takes the counters of tasks that the call took from */
export function toBegunTask(
  key: CounterKey,
  { ttlMs, pollIntervalMs }: { readonly ttlMs: number | null; readonly pollIntervalMs: number | undefined },
  takes: readonly Take[],
  rules: readonly CompiledRule[],
): BegunTask {
  const applied = new Set(takes.map(({ meter }) => meter.rule));
  const tolerances = rules.filter(({ id }) => applied.has(id)).map(({ pollTolerance }) => pollTolerance ?? 0);
  const intervalMs = Math.min(toMs(pollIntervalMs ?? 0) ?? 0, LONGEST_POLL_MS);
  const lifeMs = ttlMs === null ? undefined : toMs(ttlMs);
  return {
    key,
    ttlUs: lifeMs === undefined ? undefined : lifeMs * 1000,
    pollEveryUs: Math.floor(intervalMs * 1000 * (1 - Math.min(...tolerances, 1))),
  };
}

/** A number that an upstream wrote, or undefined when it means no time. */
function toMs(value: number): number | undefined {
  return Number.isFinite(value) ? Math.min(Math.max(Math.ceil(value), 0), 2 ** 40) : undefined;
}
