// Speaks of a task to its client by the very id the client was given, and notices how the task is doing.

import type { AnswerFault } from '../exchange.ts';
import { applyEdits, type Edit } from '../mcp/edits.ts';
import { makeFieldScan } from '../mcp/field-scan.ts';
import { isSearchable } from '../mcp/is-searchable.ts';
import { findMember, findRoot, readString, skipValue } from '../mcp/json-walk.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { findErrorCode } from './find-error-code.ts';
import { findResult } from './find-result.ts';
import { LEAST_REPLACED, replaceWhole } from './replace-whole.ts';
import { speaksOfTasks } from './speaks-of-tasks.ts';
import { walkFields } from './walk-result.ts';

export interface TaskSettings {
  /** The id the upstream knows. */
  readonly upstreamId: string;
  /** The id the client sent. */
  readonly clientId: string;
  /** What the task became is left out. */
  readonly dropsResult?: boolean;
  /** Told when the server does not know the task any more; absent where that error could mean something else too. */
  readonly onForgotten?: () => void;
  /** Told of the status that passes by. */
  readonly onStatus: (status: string) => void;
}

/** What a server says of a task it does not know (SEP-2663). */
const UNKNOWN_TASK = -32602;

/**
 * Makes the editor of `tasks/get`, `tasks/update` and `tasks/cancel`. What a task asks its client passes: it was allowed to by
 * what the call declared that began it, which a later request need not say again.
 */
export function makeTaskEditor(settings: TaskSettings): AnswerEditor {
  return {
    needsWhole: true,
    edit(message, kind) {
      if (kind === 'error') {
        if (findErrorCode(message) !== UNKNOWN_TASK) return hideId(message, settings);
        settings.onForgotten?.();
        return 'forgotten';
      }
      // What else is said on this answer's stream has no business with task ids.
      if (kind === 'notification') return speaksOfTasks(message) ? undefined : message;
      const result = findResult(message);
      const edits = editTask(message, result, settings);
      return edits === undefined ? 'malformed' : applyEdits(message, edits);
    },
  };
}

/** Words for people may name the task too, and so may what stands beside them. */
function hideId(message: Buffer, { upstreamId, clientId }: TaskSettings): Buffer | AnswerFault {
  const error = findMember(message, findRoot(message), 'error');
  const data = error && findMember(message, error.start, 'data');
  const words = error && findMember(message, error.start, 'message');
  const edits: Edit[] = [];
  if (data !== undefined && isSpokenOf(message.toString('utf8', data.start, data.end), upstreamId)) {
    edits.push({ start: data.nameStart, end: data.end, text: undefined });
  }
  if (words !== undefined && message[words.start] === 0x22 && upstreamId.length >= LEAST_REPLACED) {
    const said = readString(message, words.start, words.end);
    const text = replaceWhole(said, upstreamId, clientId);
    if (text === undefined) return 'oversized';
    if (text !== said) edits.push({ start: words.start, end: words.end, text: JSON.stringify(text) });
  }
  return applyEdits(message, edits);
}

/** @param json whatever stands beside the words, with any spelling of its strings */
function isSpokenOf(json: string, id: string): boolean {
  const written = JSON.stringify(id).slice(1, -1);
  if (!isSearchable(json.length, written.length)) return true;
  return written !== '' && (json.includes(written) || JSON.stringify(JSON.parse(json)).includes(written));
}

const FIELDS = makeFieldScan(['taskId', 'status', 'resultType', 'inputRequests', 'result']);

/**
 * @param open where the object opens that describes the task
 * @returns undefined when it describes another task, or has a member that only looks like one of the protocol
 */
export function editTask(message: Buffer, open: number, settings: TaskSettings): readonly Edit[] | undefined {
  const edits: Edit[] = [];
  let isOther = false;
  let status: string | undefined;
  const behind = walkFields(message, open, FIELDS, (name, nameStart, start) => {
    const end = skipValue(message, start);
    const isText = message[start] === 0x22;
    if (name === 'taskId') {
      isOther ||= !isText || readString(message, start, end) !== settings.upstreamId;
      edits.push({ start, end, text: JSON.stringify(settings.clientId) });
    } else if (name === 'status' && isText) {
      status = readString(message, start, end);
    } else if (name === 'result' && settings.dropsResult === true) {
      edits.push({ start: nameStart, end, text: undefined });
    } else if (name === 'resultType') {
      // What the task became stands in `result`; the answer itself is complete (SEP-2663).
      isOther ||= !isText || readString(message, start, end) !== 'complete';
    }
    return end;
  });
  if (isOther || behind < 0) return undefined;
  if (status !== undefined) settings.onStatus(status);
  return edits;
}
