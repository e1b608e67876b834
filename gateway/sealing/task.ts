// Task ids: sealed when a task begins, opened when its caller asks for it; what the gateway knows of a task travels in its id.
import type { OpenedTask } from '../exchange.ts';
import { type Caller, toTaskBinding } from './binding.ts';
import { readPayload, writePayload } from './payload.ts';
import type { Seals } from './seals.ts';

/** A task as its sealed id describes it. */
export interface Task extends OpenedTask {
  /** The id as the very literal that the upstream wrote. */
  readonly idLiteral: string;
  /** When it was sealed, in milliseconds since 1970. */
  readonly begunMs: number;
}

export interface TaskOrigin {
  readonly seals: Seals;
  /** How long the id of a task without `ttlMs` opens, before grace. */
  readonly longestLifeMs: number;
  readonly upstream: string;
  /** The instance that holds the task; undefined when instances share theirs. Encrypted like all the rest. */
  readonly instance: string | undefined;
  /** The tool that was called. */
  readonly tool: string;
}

const HOUR_MS = 3_600_000;

export interface TaskSealer {
  /**
   * @param literal the upstream's `taskId`, a JSON string as it wrote it
   * @param ttlMs the upstream's `ttlMs`; null or nothing sensible: no limit
   * @returns the id for the client, to stand between quotes; undefined when it is too long for a header
   */
  seal(literal: Buffer, ttlMs: number | null): string | undefined;
}

export function makeTaskSealer(
  caller: Caller,
  { seals, longestLifeMs, upstream, instance, tool }: TaskOrigin,
): TaskSealer {
  return {
    seal(literal, ttlMs) {
      const payload = writePayload([upstream, instance ?? null, tool, Math.floor(seals.nowMs())], literal);
      const lifeMs = toLifeMs(ttlMs, longestLifeMs);
      return seals.seal(payload, { purpose: 'task', binding: toTaskBinding(caller), lifeMs });
    },
  };
}

/** A finished task may be read late, and a server may give a task more time; the id cannot be made to last longer then. */
function toLifeMs(ttlMs: number | null, longestLifeMs: number): number {
  const isLimit = ttlMs !== null && ttlMs >= 0 && ttlMs < Number.POSITIVE_INFINITY;
  return 2 * (isLimit ? ttlMs : longestLifeMs) + HOUR_MS;
}

/** @returns undefined for any id that this caller did not get from us on this endpoint, or no longer */
export function openTask(sealed: string, caller: Caller, seals: Seals): Task | undefined {
  const unsealed = seals.open(sealed, { purpose: 'task', binding: toTaskBinding(caller) });
  if (unsealed === undefined) return undefined;
  const { notes, literal } = readPayload(unsealed.payload);
  const [upstream, instance, tool, begunMs] = notes as readonly [string, string | null, string, number];
  const id = JSON.parse(literal) as string;
  return { upstream, instance: instance ?? undefined, tool, id, idLiteral: literal, begunMs };
}
