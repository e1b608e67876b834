// Writes MCP requests in parts that a test can spoil one by one, and says what became of them.
import { readHeaders } from '../../../gateway/edge/read-headers.ts';
import { type Envelope, openEnvelope } from '../../../gateway/mcp/envelope.ts';
import { METHODS } from '../../../gateway/mcp/methods.ts';
import { Refusal } from '../../../gateway/refusal.ts';

/** Names and literals of JSON members, in the order they are written. */
export type Members = [name: string, literal: string][];

/** A request in parts; `params` holds `_meta` by itself. */
export interface Draft {
  top: Members;
  params: Members;
  meta: Members;
  headers: [name: string, value: string][];
  /** Bytes behind the object. */
  tail: string | Buffer;
}

/** Params besides `_meta` of one honest request of each method, and what its `Mcp-Name` repeats. */
export const HONEST: readonly (readonly [method: string, params: Readonly<Record<string, unknown>>, name?: string])[] =
  [
    ['server/discover', {}],
    ['tools/list', { cursor: 'c1' }],
    ['tools/call', { name: 'weather', arguments: { city: 'Köln', Name: 'x' } }, 'weather'],
    ['resources/list', {}],
    ['resources/templates/list', { cursor: '' }],
    ['resources/read', { uri: 'file:///a b', requestState: 'opaque' }, 'file:///a b'],
    ['prompts/list', {}],
    ['prompts/get', { name: 'greet', arguments: {}, inputResponses: {} }, 'greet'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'A' } }],
    ['subscriptions/listen', { notifications: { toolsListChanged: true, taskIds: ['t1'] } }],
    ['tasks/get', { taskId: 't1' }, 't1'],
    ['tasks/update', { taskId: 't1', inputResponses: {} }, 't1'],
    ['tasks/cancel', { taskId: 't1' }, 't1'],
  ];

/** An honest request of a method of the table. */
export function makeDraft(method = 'tools/call'): Draft {
  const [, params, name] = HONEST.find(([one]) => one === method) ?? [method, {}];
  return {
    top: [
      ['jsonrpc', '"2.0"'],
      ['id', '1'],
      ['method', JSON.stringify(method)],
    ],
    params: Object.entries(params).map(([key, value]) => [key, JSON.stringify(value)]),
    meta: [
      ['io.modelcontextprotocol/protocolVersion', '"2026-07-28"'],
      ['io.modelcontextprotocol/clientCapabilities', '{}'],
    ],
    headers: [
      ['MCP-Protocol-Version', '2026-07-28'],
      ['Mcp-Method', method],
      ...(name === undefined ? [] : [['Mcp-Name', name] as [string, string]]),
    ],
    tail: '',
  };
}

/** Writes the body; a name that begins with `"` is written as it stands. */
export function toBody({ top, params, meta, tail }: Draft): Buffer {
  const inner: Members = meta.length === 0 ? params : [...params, ['_meta', toObject(meta)]];
  return Buffer.concat([Buffer.from(toObject([...top, ['params', toObject(inner)]])), Buffer.from(tail)]);
}

function toObject(members: Members): string {
  const written = members.map(([name, literal]) => `${name.startsWith('"') ? name : JSON.stringify(name)}:${literal}`);
  return `{${written.join(',')}}`;
}

/** Replaces the literal of a member, or the value of a header; fails when there is none. */
export function replace(members: [string, string][], name: string, literal: string): void {
  const member = members.find(([one]) => one.toLowerCase() === name.toLowerCase());
  if (member === undefined) throw new Error(`no ${name}`);
  member[1] = literal;
}

export function remove(members: [string, string][], name: string): void {
  const at = members.findIndex(([one]) => one.toLowerCase() === name.toLowerCase());
  if (at < 0) throw new Error(`no ${name}`);
  members.splice(at, 1);
}

/** Opens a request on an endpoint that serves every method. */
export function open(body: Buffer | string, headers: readonly (readonly [string, string])[]): Envelope {
  const envelope = openEnvelope(Buffer.from(body), readHeaders(headers.flat()), new Set(METHODS.keys()));
  if (envelope === undefined) throw new Error('a notification has no envelope');
  return envelope;
}

export function openDraft(draft: Draft): Envelope {
  return open(toBody(draft), draft.headers);
}

/** `accepted`, or kind and reason of the refusal. */
export function judge(body: Buffer | string, headers: readonly (readonly [string, string])[]): string {
  const refusal = findRefusal(body, headers);
  return refusal === undefined ? 'accepted' : `${refusal.kind}: ${refusal.detail.reason}`;
}

export function judgeDraft(draft: Draft): string {
  return judge(toBody(draft), draft.headers);
}

export function findRefusal(
  body: Buffer | string,
  headers: readonly (readonly [string, string])[],
): Refusal | undefined {
  try {
    open(body, headers);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
