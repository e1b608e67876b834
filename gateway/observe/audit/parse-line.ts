// Reads one line of an audit trail back: for its proof, and to go on with a chain after a restart.
import { hash } from 'node:crypto';
import type { LineKind } from './chain.ts';

export interface AuditLine {
  readonly kind: LineKind;
  readonly process: string;
  readonly seq: number;
  readonly time: string;
  readonly prev: string;
  readonly hash: string;
  /** What was signed, and the signature. */
  readonly signed: { readonly text: string; readonly signature: string } | undefined;
  /** All members, from the line's JSON; own ones alone are to be looked at. */
  readonly members: Readonly<Record<string, unknown>>;
}

const KINDS: ReadonlySet<unknown> = new Set<LineKind>(['header', 'request', 'dropped', 'checkpoint']);
const HASH = /^,"hash":"([0-9a-f]{64})"\}$/;
const HASH_LENGTH = `,"hash":"${'0'.repeat(64)}"}`.length;
const SIGNATURE = /,"signature":"([\w-]{86})"$/;
const HEX = /^[0-9a-f]{64}$/;

/** How every line of an audit trail begins. */
export const LINE_BEGINS = '{"audit":"';

/** @param bytes without the line feed. @returns undefined when it is no line of an audit trail, or not as it was written */
export function parseLine(bytes: Buffer): AuditLine | undefined {
  const text = bytes.toString('latin1');
  const end = HASH.exec(text.slice(-HASH_LENGTH));
  const hashed = bytes.subarray(0, -HASH_LENGTH);
  if (end === null || !text.startsWith(LINE_BEGINS) || hash('sha256', hashed) !== end[1]) return undefined;
  const members = parseObject(text);
  if (members === undefined) return undefined;
  const { audit, process, seq, time, prev } = members;
  if (!KINDS.has(audit) || typeof process !== 'string' || process.length > 200 || typeof time !== 'string')
    return undefined;
  if (!Number.isSafeInteger(seq) || typeof prev !== 'string' || !HEX.test(prev)) return undefined;
  const before = text.slice(0, -HASH_LENGTH);
  const signature = SIGNATURE.exec(before);
  return {
    kind: audit as LineKind,
    process,
    seq: seq as number,
    time,
    prev,
    hash: end[1],
    signed:
      signature === null ? undefined : { text: before.slice(0, signature.index), signature: signature[1] as string },
    members,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
