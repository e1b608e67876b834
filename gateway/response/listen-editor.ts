// Lets through on a listening stream only what its caller asked to hear of and may (basic/patterns/subscriptions).
import { applyEdits } from '../mcp/edits.ts';
import type { ListenFilter } from '../mcp/read-listen.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { type Asked, cutAcknowledgement } from './cut-acknowledgement.ts';
import { type Notice, readNotice } from './read-notice.ts';
import { editTask, type TaskSettings } from './task-editor.ts';

/** What one caller may hear of on one stream. */
export interface ListenView {
  /** Of the request that opened the stream; each notification carries it as its subscription id. */
  readonly id: string | number;
  /** What the server was asked for. */
  readonly asked: ListenFilter;
  /** Asked anew for each notification. */
  readonly allowsKind: (kind: NamedKind) => boolean;
  readonly showsResource: (uri: string) => boolean;
  /** The tasks asked for; what is told of them carries the ids the client knows. */
  readonly tasks: readonly TaskSettings[];
}

const TASK_STATUS = 'notifications/tasks';
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/**
 * The first notification let through is the acknowledgement, cut to what was asked. Behind it pass changes and updates that
 * were asked for and that rules allow; a sub-resource of what was asked may be told of, when rules show it. What has another
 * subscription id, or a method this revision does not define for such streams, is left out. The response passes.
 *
 * @returns an editor whose fault is `malformed` for an acknowledgement of the wrong shape
 */
export function makeListenEditor(view: ListenView): AnswerEditor {
  const asked: Asked = { filter: view.asked, tasks: new Map(view.tasks.map((task) => [task.upstreamId, task])) };
  let isAcknowledged = false;
  return {
    needsWhole: false,
    edit(message, kind) {
      if (kind !== 'notification') return message;
      const notice = readNotice(message, view.id);
      if (notice === undefined) return undefined;
      if (isAcknowledged && notice.method === TASK_STATUS) return nameTask(message, notice, asked);
      if (isAcknowledged) return mayPass(view, notice) ? message : undefined;
      if (notice.method !== ACKNOWLEDGED || notice.subscription !== 'this') return undefined;
      const edits = cutAcknowledgement(message, notice.notifications, asked);
      if (edits === undefined) return 'malformed';
      isAcknowledged = true;
      return applyEdits(message, edits);
    },
  };
}

function nameTask(message: Buffer, { subscription, taskId, params }: Notice, asked: Asked): Buffer | undefined {
  const task = taskId === undefined ? undefined : asked.tasks.get(taskId);
  if (task === undefined || subscription !== 'this' || !asked.filter.asksTasks) return undefined;
  const edits = editTask(message, params, task);
  return edits && applyEdits(message, edits);
}

function mayPass(view: ListenView, { method, subscription, uri }: Notice): boolean {
  // Progress and log messages are about the request, not from the subscription, and need no id (NotificationMetaObject).
  if (method === 'notifications/progress' || method === 'notifications/message') return subscription !== 'other';
  if (subscription !== 'this') return false;
  const { allowsKind, asked, showsResource } = view;
  switch (method) {
    case 'notifications/tools/list_changed':
      return asked.toolsListChanged && allowsKind('tool');
    case 'notifications/prompts/list_changed':
      return asked.promptsListChanged && allowsKind('prompt');
    case 'notifications/resources/list_changed':
      return asked.resourcesListChanged && allowsKind('resource');
    case 'notifications/resources/updated':
      return asked.resources.size > 0 && uri !== undefined && showsResource(uri);
    default:
      return false;
  }
}
