// Keeps the tasks of one server instance in memory: what runs, what it waits for and how it ended.
import { randomUUID } from 'node:crypto';
import type { CallToolResult, InputRequests } from '@modelcontextprotocol/server';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** What every description of a task says, on the wire as it is here (SEP-2663). */
export interface TaskSummary {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
}

export interface TaskDetail extends TaskSummary {
  readonly result?: CallToolResult;
  readonly error?: { readonly code: number; readonly message: string };
  readonly inputRequests?: InputRequests;
}

export type TaskAnswers = Readonly<Record<string, unknown>>;

/** What running work may use: a signal that says it was cancelled, and a way to ask the client. */
export interface TaskRun {
  readonly signal: AbortSignal;
  /** Parks the task until the client has answered every key. */
  ask(requests: InputRequests): Promise<TaskAnswers>;
}

export type TaskWork = (run: TaskRun) => Promise<CallToolResult>;

export interface TaskStore {
  start(work: TaskWork): TaskSummary;
  find(taskId: string): TaskDetail | undefined;
  update(taskId: string, answers: TaskAnswers): void;
  cancel(taskId: string): void;
}

interface Entry {
  detail: TaskDetail;
  readonly abort: AbortController;
  readonly answers: Map<string, unknown>;
  resume?: (answers: TaskAnswers) => void;
}

const terminal: ReadonlySet<TaskStatus> = new Set<TaskStatus>(['completed', 'failed', 'cancelled']);

/** Tasks live for `ttlMs` after they started; `pollIntervalMs` is what clients are told. */
export function makeTaskStore({ ttlMs = 300_000, pollIntervalMs = 500 } = {}): TaskStore {
  const entries = new Map<string, Entry>();

  const change = (entry: Entry, part: Partial<TaskDetail>): void => {
    if (terminal.has(entry.detail.status)) return;
    const { inputRequests: _asked, ...rest } = entry.detail;
    entry.detail = { ...rest, ...part, lastUpdatedAt: new Date().toISOString() };
  };

  const ask = (entry: Entry, requests: InputRequests): Promise<TaskAnswers> => {
    entry.answers.clear();
    change(entry, { status: 'input_required', inputRequests: requests });
    return new Promise((resolve) => {
      entry.resume = resolve;
    });
  };

  return {
    start(work) {
      const now = new Date().toISOString();
      const taskId = randomUUID();
      const summary: TaskSummary = {
        taskId,
        status: 'working',
        createdAt: now,
        lastUpdatedAt: now,
        ttlMs,
        pollIntervalMs,
      };
      const entry: Entry = { detail: summary, abort: new AbortController(), answers: new Map() };
      entries.set(taskId, entry);
      setTimeout(() => entries.delete(taskId), ttlMs).unref();
      work({ signal: entry.abort.signal, ask: (requests) => ask(entry, requests) }).then(
        (result) => change(entry, { status: 'completed', result }),
        (cause: unknown) => change(entry, { status: 'failed', error: toTaskError(cause) }),
      );
      return summary;
    },
    find: (taskId) => entries.get(taskId)?.detail,
    update(taskId, answers) {
      const entry = entries.get(taskId);
      const asked = entry?.detail.inputRequests;
      if (entry === undefined || asked === undefined) return;
      const open = new Map(Object.entries(asked));
      for (const [key, answer] of Object.entries(answers)) if (open.delete(key)) entry.answers.set(key, answer);
      if (open.size > 0) {
        change(entry, { inputRequests: Object.fromEntries(open) });
        return;
      }
      change(entry, { status: 'working' });
      entry.resume?.(Object.fromEntries(entry.answers));
    },
    cancel(taskId) {
      const entry = entries.get(taskId);
      if (entry === undefined) return;
      change(entry, { status: 'cancelled' });
      entry.abort.abort();
    },
  };
}

function toTaskError(cause: unknown): { readonly code: number; readonly message: string } {
  if (cause instanceof ProtocolError) return { code: cause.code, message: cause.message };
  return { code: ProtocolErrorCode.InternalError, message: 'the task stopped unexpectedly' };
}
