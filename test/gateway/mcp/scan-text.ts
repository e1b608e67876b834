// Scans a text under the limits of requests and says the verdict in one word, for tables.

import type { JsonIndex } from '../../../gateway/mcp/json-index.ts';
import { isJsonFault, scanJson } from '../../../gateway/mcp/strict-json.ts';

const LIMITS = { maxDepth: 64, maxMembers: 10_000, notedDepth: 3 };

/** `accepted`, or kind and reason of the fault. */
export function scanText(text: string | Buffer): string {
  const scanned = scanJson(Buffer.from(text), LIMITS);
  return isJsonFault(scanned) ? `${scanned.kind}: ${scanned.reason}` : 'accepted';
}

/** One noted member: its names from the root down, and the text its value slice holds. */
export interface NotedMember {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Everything the index of an accepted text says, read by its offsets alone. */
export function readNotes(bytes: Buffer): NotedMember[] {
  const scanned = scanJson(bytes, LIMITS);
  if (isJsonFault(scanned)) throw new Error(`${scanned.reason}: ${bytes.toString()}`);
  return Array.from({ length: scanned.count }, (_, at) => ({
    path: toPath(bytes, scanned, at),
    value: JSON.parse(bytes.toString('utf8', scanned.valueStart[at], scanned.valueEnd[at])) as unknown,
  }));
}

function toPath(bytes: Buffer, index: JsonIndex, at: number): string[] {
  const path: string[] = [];
  for (let member = at; member >= 0; member = index.parent[member] as number) {
    const quoted = bytes.toString(
      'utf8',
      (index.nameStart[member] as number) - 1,
      (index.nameEnd[member] as number) + 1,
    );
    path.unshift(JSON.parse(quoted) as string);
  }
  return path;
}
