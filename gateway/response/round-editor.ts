// Guards answers that are not the last word: state to be sealed, tasks begun, and questions the client can answer.
import type { AnswerFault } from '../exchange.ts';
import { applyEdits } from '../mcp/edits.ts';
import { makeFieldScan } from '../mcp/field-scan.ts';
import { readString, type Span, skipValue } from '../mcp/json-walk.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { type CanAnswer, findQuestionFault } from './find-question-fault.ts';
import { findResult } from './find-result.ts';
import { speaksOfTasks } from './speaks-of-tasks.ts';
import { walkFields, walkResult } from './walk-result.ts';

export interface RoundSettings {
  /** Whether this method may be answered by a question (SEP-2322). */
  readonly mayAsk: boolean;
  /** Whether a question of this kind was declared as answerable, such as `elicitation/create`. */
  readonly canAnswer: CanAnswer;
  /** Whether the call may become a task: the client declared the extension, and it exists for the client (SEP-2663). */
  readonly mayBecomeTask: boolean;
  /** Whether a `resultType` of some other extension may pass. */
  readonly mayBeOther: boolean;
  /** @param literal the upstream's `requestState` as JSON; @returns what stands between quotes in its place, undefined: too long */
  readonly sealState: (literal: Buffer) => string | undefined;
  /** @param literal the upstream's `taskId` as JSON; @returns what the client gets in its place, undefined: too long */
  readonly sealTask: (literal: Buffer, task: BegunTask) => string | undefined;
}

/** What an upstream said of a task as it began (SEP-2663). */
export interface BegunTask {
  readonly id: string;
  /** Null: it lives until the upstream forgets it. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number | undefined;
  readonly status: string;
}

/**
 * Makes the editor for all methods but those of tasks and lists.
 *
 * @param makeSettings called when an answer is not simply complete, which few are
 */
export function makeRoundEditor(makeSettings: () => RoundSettings): AnswerEditor {
  return {
    needsWhole: false,
    edit(message, kind) {
      if (kind === 'notification') return speaksOfTasks(message) ? undefined : message;
      if (kind === 'error' || isComplete(message)) return message;
      const result = findResult(message);
      const parts = readParts(message, result);
      if (parts === undefined) return 'malformed';
      switch (parts.type) {
        case undefined:
        case 'complete':
          return message;
        case 'input_required':
          return editQuestion(makeSettings(), message, parts);
        case 'task':
          return editTask(makeSettings(), message, parts);
        default:
          return makeSettings().mayBeOther ? message : 'undeclared';
      }
    },
  };
}

interface Parts {
  readonly type: string | undefined;
  readonly requestState: Span | undefined;
  readonly inputRequests: Span | undefined;
  readonly task: ReadonlyMap<string, Span>;
}

/** Fields that decide what becomes of the answer; a name that only looks like one is read differently by different clients. */
const FIELDS = makeFieldScan([
  'resultType',
  'requestState',
  'inputRequests',
  'taskId',
  'ttlMs',
  'pollIntervalMs',
  'status',
]);

/** True for most answers; the only walk that they cost. */
function isComplete(message: Buffer): boolean {
  return walkResult(message, FIELDS, (_field, _nameStart, start) => skipValue(message, start)) >= 0;
}

/** @returns undefined when a name only looks like a field, or `resultType` is no string */
function readParts(message: Buffer, result: number): Parts | undefined {
  const fields = new Map<string, Span>();
  const behind = walkFields(message, result, FIELDS, (field, _nameStart, start) => {
    const end = skipValue(message, start);
    if (field !== undefined) fields.set(field, { start, end });
    return end;
  });
  const type = fields.get('resultType');
  const text = type && readText(message, type);
  if (behind < 0 || (type !== undefined && text === undefined)) return undefined;
  return {
    type: text,
    requestState: fields.get('requestState'),
    inputRequests: fields.get('inputRequests'),
    task: fields,
  };
}

function editQuestion(settings: RoundSettings, message: Buffer, parts: Parts): Buffer | AnswerFault {
  const { requestState, inputRequests } = parts;
  if (!settings.mayAsk) return 'undeclared';
  if (requestState === undefined && inputRequests === undefined) return 'malformed';
  if (inputRequests !== undefined) {
    const fault = findQuestionFault(message, inputRequests, settings.canAnswer);
    if (fault !== undefined) return fault;
  }
  if (requestState === undefined) return message;
  if (message[requestState.start] !== 0x22) return 'malformed';
  return splice(message, requestState, settings.sealState);
}

function editTask(settings: RoundSettings, message: Buffer, { task }: Parts): Buffer | AnswerFault {
  if (!settings.mayBecomeTask) return 'undeclared';
  const id = task.get('taskId');
  const text = id && readText(message, id);
  const status = readText(message, task.get('status'));
  if (id === undefined || text === undefined || status === undefined) return 'malformed';
  const ttlMs = readCount(message, task.get('ttlMs'));
  const pollIntervalMs = readCount(message, task.get('pollIntervalMs'));
  if (Number.isNaN(ttlMs) || Number.isNaN(pollIntervalMs)) return 'malformed';
  const begun = { id: text, ttlMs: ttlMs ?? null, pollIntervalMs, status };
  return splice(message, id, (literal) => settings.sealTask(literal, begun));
}

function readText(message: Buffer, member: Span | undefined): string | undefined {
  if (member === undefined || message[member.start] !== 0x22) return undefined;
  return readString(message, member.start, member.end);
}

/** A number of milliseconds; undefined when absent or null, NaN for anything else. */
function readCount(message: Buffer, member: Span | undefined): number | undefined {
  if (member === undefined) return undefined;
  const literal = message.toString('latin1', member.start, member.end);
  if (literal === 'null') return undefined;
  const count = /^[0-9]/.test(literal) ? Number(literal) : Number.NaN;
  return Number.isFinite(count) ? count : Number.NaN;
}

function splice(
  message: Buffer,
  { start, end }: Span,
  seal: (literal: Buffer) => string | undefined,
): Buffer | AnswerFault {
  const sealed = seal(message.subarray(start, end));
  return sealed === undefined ? 'oversized' : applyEdits(message, [{ start, end, text: `"${sealed}"` }]);
}
