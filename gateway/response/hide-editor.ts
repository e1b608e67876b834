// Makes a name the server does not know look like one that is hidden, where the endpoint hides what it denies.
import type { AnswerEditor } from './answer-editor.ts';
import { findErrorCode } from './find-error-code.ts';

/** Invalid params, which is also "not found" (server/resources, "Error Handling"); and what servers said before. */
const NOT_FOUND: ReadonlySet<number | undefined> = new Set([-32602, -32002]);

/**
 * For names that no list is known to show: resources that are read, templates that are completed. What a server says before its
 * answer is left out, because it would begin the answer, and what has begun cannot be hidden any more.
 */
export const HIDE_EDITOR: AnswerEditor = {
  needsWhole: false,
  holdsOpening: true,
  edit(message, kind) {
    if (kind === 'notification') return undefined;
    return kind === 'error' && NOT_FOUND.has(findErrorCode(message)) ? 'hidden' : message;
  },
};
