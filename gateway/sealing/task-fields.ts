// Where sealed task ids stand in requests: `params.taskId`, and the filter of `subscriptions/listen`.
import type { Enveloped } from '../exchange.ts';
import type { Edit } from '../mcp/edits.ts';
import { eachItem, findMember, readString } from '../mcp/json-walk.ts';
import { refuse } from '../refusal.ts';
import type { Asking } from './binding.ts';
import type { Seals } from './seals.ts';
import { openTask, type Task } from './task.ts';

/** One stream for more tasks than this is not a subscription but a flood of seals, opened in one go. */
const MAX_TASKS = 1000;
const QUOTE = 0x22;

/** The edit that gives the upstream its own id back, on `tasks/get`, `tasks/update` and `tasks/cancel`. */
export function toTaskEdits({ body, envelope }: Pick<Enveloped, 'body' | 'envelope'>, task: Task): readonly Edit[] {
  const field = findMember(body, envelope.paramsStart, 'taskId');
  return field === undefined ? [] : [{ start: field.start, end: field.end, text: task.idLiteral }];
}

/** The tasks somebody wants to hear of. */
export interface AskedTask {
  /** The very string the client sent, which is what it knows the task by. */
  readonly id: string;
  readonly task: Task;
  /** Gives the upstream its own id back. */
  readonly edit: Edit;
}

const NO_TASKS: readonly AskedTask[] = [];

/**
 * Opens `notifications.taskIds` of `subscriptions/listen`.
 *
 * @throws Refusal bad_params when it is not a list of at most 1,000 strings; state_invalid when one of them does not open
 */
export function openTaskFilter(request: Asking, seals: Seals): readonly AskedTask[] {
  const { body, envelope } = request;
  if (envelope.method.name !== 'subscriptions/listen') return NO_TASKS;
  const filter = findMember(body, envelope.paramsStart, 'notifications');
  const ids = filter && findMember(body, filter.start, 'taskIds');
  if (ids === undefined) return NO_TASKS;
  if (body[ids.start] !== 0x5b) refuse('bad_params', { reason: 'task_ids' });
  const asked: AskedTask[] = [];
  eachItem(body, ids.start, (start, end) => {
    if (body[start] !== QUOTE || asked.length === MAX_TASKS) refuse('bad_params', { reason: 'task_ids' });
    const id = readString(body, start, end);
    const task = openTask(id, request, seals) ?? refuse('state_invalid', { reason: 'task' });
    asked.push({ id, task, edit: { start, end, text: task.idLiteral } });
  });
  return asked;
}
