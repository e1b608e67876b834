// Cuts what a server says it will tell of to what it was asked for (basic/patterns/subscriptions, "Acknowledgment").
import type { Edit } from '../mcp/edits.ts';
import { eachItem, eachMember, type Member, readString } from '../mcp/json-walk.ts';
import type { ListenFilter } from '../mcp/read-listen.ts';
import type { TaskSettings } from './task-editor.ts';

/** What a server was asked to tell of. */
export interface Asked {
  readonly filter: ListenFilter;
  /** By the id the server knows. */
  readonly tasks: ReadonlyMap<string, TaskSettings>;
}

/**
 * @param open where the value of `params.notifications` begins, or -1
 * @returns what must go, or undefined when this is no acknowledgement
 */
export function cutAcknowledgement(text: Buffer, open: number, asked: Asked): readonly Edit[] | undefined {
  if (text[open] !== 0x7b) return undefined;
  const edits: Edit[] = [];
  eachMember(text, open, (member) => {
    if (!wasAsked(text, member, asked.filter))
      edits.push({ start: member.nameStart, end: member.end, text: undefined });
    else if (member.name === 'resourceSubscriptions') cutResources(text, member.start, asked.filter.resources, edits);
    else if (member.name === 'taskIds') nameTasks(text, member.start, asked.tasks, edits);
    return true;
  });
  return edits;
}

function wasAsked(text: Buffer, { name, start }: Member, asked: ListenFilter): boolean {
  switch (name) {
    case 'toolsListChanged':
      return mayStand(text, start, asked.toolsListChanged);
    case 'promptsListChanged':
      return mayStand(text, start, asked.promptsListChanged);
    case 'resourcesListChanged':
      return mayStand(text, start, asked.resourcesListChanged);
    case 'resourceSubscriptions':
      return text[start] === 0x5b;
    case 'taskIds':
      return asked.asksTasks && text[start] === 0x5b;
    default:
      return false;
  }
}

/** What was not asked for may still be denied. */
function mayStand(text: Buffer, start: number, isAsked: boolean): boolean {
  return text[start] === 0x66 || (text[start] === 0x74 && isAsked);
}

function cutResources(text: Buffer, open: number, asked: ReadonlySet<string>, edits: Edit[]): void {
  eachItem(text, open, (start, end) => {
    const isAsked = text[start] === 0x22 && asked.has(readString(text, start, end));
    if (!isAsked) edits.push({ start, end, text: undefined });
  });
}

/** The client knows its tasks by other ids. */
function nameTasks(text: Buffer, open: number, tasks: ReadonlyMap<string, TaskSettings>, edits: Edit[]): void {
  eachItem(text, open, (start, end) => {
    const task = text[start] === 0x22 ? tasks.get(readString(text, start, end)) : undefined;
    edits.push({ start, end, text: task && JSON.stringify(task.clientId) });
  });
}
