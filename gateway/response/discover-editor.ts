// Shows a caller of `server/discover` only the extensions it was granted.
import { applyEdits, type Edit } from '../mcp/edits.ts';
import { makeFieldScan } from '../mcp/field-scan.ts';
import { eachMember, readString, type Span, skipValue } from '../mcp/json-walk.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { toPrivateScope } from './private-scope.ts';
import { walkFields, walkResult } from './walk-result.ts';

/** What one caller may know of a server. */
export interface DiscoverView {
  readonly grantsExtension: (id: string) => boolean;
  /** The server's instructions speak, or could speak, of what this caller may not use. */
  readonly hidesInstructions: (instructions: string) => boolean;
  /** The result is not the same for every caller, so no cache may share it. */
  readonly dependsOnCaller: boolean;
}

const RESULT_FIELDS = makeFieldScan([
  'resultType',
  '_meta',
  'ttlMs',
  'cacheScope',
  'supportedVersions',
  'capabilities',
  'instructions',
  'serverInfo',
]);
const CAPABILITY_FIELDS = makeFieldScan(['extensions']);

/**
 * Takes extensions that are not granted out of `capabilities.extensions`, and `instructions` where they are hidden.
 *
 * @returns an editor whose fault is `malformed` for a result that is not `complete`, has capabilities of another type, or has a
 *   member that only looks like one of the protocol
 */
export function makeDiscoverEditor(view: DiscoverView): AnswerEditor {
  return {
    needsWhole: true,
    edit(message, kind) {
      if (kind !== 'result') return message;
      const edits = findEdits(view, message);
      return edits === undefined ? 'malformed' : applyEdits(message, edits);
    },
  };
}

function findEdits(view: DiscoverView, text: Buffer): readonly Edit[] | undefined {
  const edits: Edit[] = [];
  let scope: Span | undefined;
  const open = walkResult(text, RESULT_FIELDS, (name, nameStart, start) => {
    if (name === 'capabilities') return readCapabilities(view, text, start, edits);
    const end = skipValue(text, start);
    if (name === 'cacheScope') scope = { start, end };
    else if (name === 'instructions' && isHidden(view, text, { start, end }))
      edits.push({ start: nameStart, end, text: undefined });
    return end;
  });
  if (open < 0) return undefined;
  const edit = view.dependsOnCaller ? toPrivateScope(text, open, scope) : undefined;
  if (edit !== undefined) edits.push(edit);
  return edits;
}

/** Instructions that are no text cannot be judged. */
function isHidden(view: DiscoverView, text: Buffer, { start, end }: Span): boolean {
  return text[start] !== 0x22 || view.hidesInstructions(readString(text, start, end));
}

function readCapabilities(view: DiscoverView, text: Buffer, open: number, edits: Edit[]): number {
  if (text[open] !== 0x7b) return -1;
  return walkFields(text, open, CAPABILITY_FIELDS, (name, _nameStart, start) => {
    if (name !== 'extensions') return skipValue(text, start);
    if (text[start] !== 0x7b) return -1;
    return eachMember(text, start, (extension) => {
      if (!view.grantsExtension(extension.name))
        edits.push({ start: extension.nameStart, end: extension.end, text: undefined });
      return true;
    });
  });
}
