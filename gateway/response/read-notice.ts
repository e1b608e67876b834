// Reads what a server's notification says of itself, as far as it decides who may hear it.
import { makeFieldScan } from '../mcp/field-scan.ts';
import { findRoot, readString, skipValue } from '../mcp/json-walk.ts';
import { MESSAGE_FIELDS } from '../mcp/message-fields.ts';
import { walkFields } from './walk-result.ts';

export interface Notice {
  readonly method: string;
  /** Whether it carries the id of this stream, another one's, or none. */
  readonly subscription: 'this' | 'other' | 'none';
  /** `params.uri`, when it is a text. */
  readonly uri: string | undefined;
  /** `params.taskId`, when it is a text. */
  readonly taskId: string | undefined;
  /** Where `params` opens, or -1. */
  readonly params: number;
  /** Where the value of `params.notifications` begins, or -1. */
  readonly notifications: number;
}

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';
const PARAM_FIELDS = makeFieldScan(['_meta', 'uri', 'notifications', 'taskId', 'status']);
const META_FIELDS = makeFieldScan([SUBSCRIPTION_ID]);
/** The longest id a request may have, with every character escaped. */
const MAX_ID_BYTES = 6 * 1024 + 2;

/** @returns undefined when a name only looks like a field of the protocol, so that readers could differ */
export function readNotice(text: Buffer, id: string | number): Notice | undefined {
  let method = '';
  let subscription: Notice['subscription'] = 'none';
  let uri: string | undefined;
  let taskId: string | undefined;
  let params = -1;
  let notifications = -1;

  function readParam(name: string | undefined, start: number): number {
    if (name === '_meta' && text[start] === 0x7b) return walkFields(text, start, META_FIELDS, readMeta);
    const end = skipValue(text, start);
    if (name === 'uri' && text[start] === 0x22) uri = readString(text, start, end);
    else if (name === 'taskId' && text[start] === 0x22) taskId = readString(text, start, end);
    else if (name === 'notifications') notifications = start;
    return end;
  }

  function readMeta(name: string | undefined, _nameStart: number, start: number): number {
    const end = skipValue(text, start);
    if (name === SUBSCRIPTION_ID) subscription = isId(text, start, end, id) ? 'this' : 'other';
    return end;
  }

  const behind = walkFields(text, findRoot(text), MESSAGE_FIELDS, (name, _nameStart, start) => {
    if (name === 'params' && text[start] === 0x7b) {
      params = start;
      return walkFields(text, start, PARAM_FIELDS, (param, _paramStart, at) => readParam(param, at));
    }
    const end = skipValue(text, start);
    if (name === 'method') method = readString(text, start, end);
    return end;
  });
  return behind < 0 ? undefined : { method, subscription, uri, taskId, params, notifications };
}

function isId(text: Buffer, start: number, end: number, id: string | number): boolean {
  const first = text[start];
  if (end - start > MAX_ID_BYTES || first === 0x7b || first === 0x5b) return false;
  return JSON.parse(text.toString('utf8', start, end)) === id;
}
