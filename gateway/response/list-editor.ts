// Shows a caller only those items of a list that it may use.
import { applyEdits } from '../mcp/edits.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { ListReading } from './list-reading.ts';

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** What one caller may see of one list. */
export interface ListView {
  readonly list: ListKind;
  /** By name of a tool or a prompt, URI of a resource, template of a resource template. */
  readonly shows: (name: string) => boolean;
  /** The result is not the same for every caller, so no cache may share it. */
  readonly dependsOnCaller: boolean;
  /** The Apps extension is granted: tools keep what they say of their user interface, and `ui://` resources are listed. */
  readonly keepsUi: boolean;
  /** Nothing is kept from anybody, so an answer without its list may pass as it is. */
  readonly mayLackList?: boolean;
  /**
   * Called for each tool with a name, shown or not, before any is judged.
   *
   * @param tool the object as it came
   * @returns false when no client could use it: no tool of that name is listed then
   */
  readonly inspectTool?: (name: string, tool: Buffer) => boolean;
}

/**
 * Takes out of a list what its caller may not see. Order, cursors and the bytes of everything else stay as they came; an empty
 * page keeps its cursor. Errors and notifications pass.
 *
 * @returns an editor whose fault is `malformed` for a result that is not `complete`, has something else than an array there, has none but members that the protocol does not know, or has a member
 *   that only looks like one of the protocol
 */
export function makeListEditor(view: ListView): AnswerEditor {
  return {
    needsWhole: true,
    edit(message, kind) {
      if (kind !== 'result') return message;
      const edits = new ListReading(view, message).findEdits();
      return edits === undefined ? 'malformed' : applyEdits(message, edits);
    },
  };
}
