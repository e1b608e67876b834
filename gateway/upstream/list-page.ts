// Reads one page of a list out of the response that carries it.
import { eachItem, eachMember, findMember, findRoot, readString } from '../mcp/json-walk.ts';

export type ListKind = 'tools' | 'prompts';

export interface ListPage {
  /** Names, and each item as it stands in the response. */
  readonly items: readonly (readonly [name: string, item: Buffer])[];
  /** An empty one is a cursor too; undefined on the last page. */
  readonly cursor: string | undefined;
  readonly ttlMs: number | undefined;
}

/** A server without tools need not know `tools/list`. */
const METHOD_NOT_FOUND = '-32601';

/** @param message a strictly checked result; undefined when it holds no page */
export function readPage(message: Buffer, kind: ListKind): ListPage | undefined {
  const result = findMember(message, findRoot(message), 'result');
  if (result === undefined) return undefined;
  const items: (readonly [string, Buffer])[] = [];
  let isPage = false;
  let isComplete = true;
  let cursor: string | undefined;
  let ttlMs: number | undefined;
  eachMember(message, result.start, ({ name, start, end }) => {
    const isString = message[start] === 0x22;
    if (name === 'resultType') {
      isComplete = isString && readString(message, start, end) === 'complete';
    } else if (name === 'nextCursor' && isString) {
      cursor = readString(message, start, end);
    } else if (name === 'ttlMs') {
      ttlMs = toMs(message.toString('latin1', start, Math.min(end, start + 32)));
    } else if (name === kind && message[start] === 0x5b) {
      isPage = true;
      eachItem(message, start, (at, behind) => {
        const item = readItem(message.subarray(at, behind));
        if (item !== undefined) items.push(item);
      });
    }
    return true;
  });
  return isPage && isComplete ? { items, cursor, ttlMs } : undefined;
}

/** True when the server says that it has no such list at all. */
export function saysNoSuchList(message: Buffer): boolean {
  const error = findMember(message, findRoot(message), 'error');
  const code = error && findMember(message, error.start, 'code');
  return code !== undefined && message.toString('latin1', code.start, code.end) === METHOD_NOT_FOUND;
}

/** What has no name cannot be called. */
function readItem(item: Buffer): readonly [string, Buffer] | undefined {
  const name = findMember(item, 0, 'name');
  return name !== undefined && item[name.start] === 0x22 ? [readString(item, name.start, name.end), item] : undefined;
}

function toMs(literal: string): number | undefined {
  const ms = Number(literal);
  return Number.isFinite(ms) ? ms : undefined;
}
