// Tells notifications of tasks, which belong on listening streams alone, where their ids are those the client knows.
import { findMember, findRoot, readString } from '../mcp/json-walk.ts';

const MARK = Buffer.from('tasks');
const ESCAPE = Buffer.from('\\u');

/** @param message a checked notification */
export function speaksOfTasks(message: Buffer): boolean {
  if (!message.includes(MARK) && !message.includes(ESCAPE)) return false;
  const method = findMember(message, findRoot(message), 'method');
  return method !== undefined && readString(message, method.start, method.end) === 'notifications/tasks';
}
