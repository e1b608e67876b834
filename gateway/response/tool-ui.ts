// Takes the Apps extension out of a tool: what it says of its user interface (io.modelcontextprotocol/ui, "Tool metadata").
import type { Edit } from '../mcp/edits.ts';
import { isLookalike, makeFieldNames } from '../mcp/field-names.ts';
import { eachItem, eachMember, findMember, readString } from '../mcp/json-walk.ts';

/** The second one is the older, flat spelling of `ui.resourceUri`, which hosts still read. */
const UI_KEYS = makeFieldNames(['ui', 'ui/resourceUri']);

/**
 * @param meta where the value of the tool's `_meta` begins
 * @param edits gets what must go
 * @returns false for a tool that is there for apps alone: without the extension nobody may see it
 */
export function removeUi(text: Buffer, meta: number, edits: Edit[]): boolean {
  if (text[meta] !== 0x7b) return true;
  let isForModels = true;
  eachMember(text, meta, ({ name, nameStart, start, end }) => {
    if (!UI_KEYS.exact.has(name) && !isLookalike(name, UI_KEYS)) return true;
    edits.push({ start: nameStart, end, text: undefined });
    isForModels &&= isVisibleToModels(text, start);
    return true;
  });
  return isForModels;
}

/** `visibility` defaults to models and apps. */
function isVisibleToModels(text: Buffer, ui: number): boolean {
  const visibility = findMember(text, ui, 'visibility');
  if (visibility === undefined || text[visibility.start] !== 0x5b) return true;
  let isVisible = false;
  eachItem(text, visibility.start, (start, end) => {
    isVisible ||= text[start] === 0x22 && readString(text, start, end) === 'model';
  });
  return isVisible;
}
