// Makes a name the server does not know look like one that is hidden, where the endpoint hides what it denies.
import type { AnswerEditor } from './answer-editor.ts';
import { findErrorCode } from './find-error-code.ts';

/** Invalid params, which is also "not found" (server/resources, "Error Handling"); and what servers said before. */
const NOT_FOUND: ReadonlySet<number | undefined> = new Set([-32602, -32002]);

/** For methods whose names no list tells completely: reading of resources, completion of templates. */
export const HIDE_EDITOR: AnswerEditor = {
  needsWhole: false,
  edit: (message, kind) => (kind === 'error' && NOT_FOUND.has(findErrorCode(message)) ? 'hidden' : message),
};
