// Reads and writes W3C Trace Context strictly: what is not exactly well-formed is as good as absent.
import { trimField } from './header-value.ts';

/** What a `traceparent` says. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** The span that calls: 16 lower-case hexadecimal digits, not all zero. */
  readonly parentId: string;
  /** The caller may have recorded its part. */
  readonly sampled: boolean;
}

const LENGTH = 55;
const DASH = 0x2d;
/** Section 3.3.1.5: at least this much is to be propagated; nothing longer is here. */
const MAX_STATE_LENGTH = 512;
const MAX_STATE_MEMBERS = 32;
const MAX_STATE_VALUE = 256;
const STATE_KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;

/**
 * Reads a `traceparent` (https://www.w3.org/TR/trace-context/ section 3.2). Versions above 00 are read as far as 00 goes, as
 * section 4.3 asks; version ff, all-zero ids, capital letters, other lengths and more fields in version 00 are malformed.
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  if (text.length < LENGTH || !areHex(text, 0, 2) || text.startsWith('ff')) return undefined;
  if (text.length > LENGTH && (text.startsWith('00') || text.charCodeAt(LENGTH) !== DASH)) return undefined;
  if (text.charCodeAt(2) !== DASH || text.charCodeAt(35) !== DASH || text.charCodeAt(52) !== DASH) return undefined;
  if (!areHex(text, 3, 35) || !areHex(text, 36, 52) || !areHex(text, 53, 55)) return undefined;
  if (areZero(text, 3, 35) || areZero(text, 36, 52)) return undefined;
  // The lowest bit of the last digit.
  const sampled = (Number.parseInt(text.charAt(54), 16) & 1) === 1;
  return { traceId: text.slice(3, 35), parentId: text.slice(36, 52), sampled };
}

/** Version 00, whatever version came: later ones must be told so (section 4.3). */
export function formatTraceparent(traceId: string, parentId: string, sampled: boolean): string {
  return `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`;
}

/**
 * Reads a `tracestate` (section 3.3).
 *
 * @returns its members without blanks and empty ones between them, as they may be passed on; undefined when it is empty, when
 *   any member is malformed, or with more than 32 members or 512 characters
 */
export function parseTracestate(text: string): string | undefined {
  if (text.length === 0 || text.length > MAX_STATE_LENGTH) return undefined;
  const members: string[] = [];
  for (const part of text.split(',')) {
    const member = trimField(part);
    if (member === '') continue;
    if (members.length === MAX_STATE_MEMBERS || !isMember(member)) return undefined;
    members.push(member);
  }
  return members.length === 0 ? undefined : members.join(',');
}

function isMember(member: string): boolean {
  const equals = member.indexOf('=');
  const length = member.length - equals - 1;
  if (equals < 1 || length < 1 || length > MAX_STATE_VALUE) return false;
  for (let i = equals + 1; i < member.length; i++) {
    const c = member.charCodeAt(i);
    if (c < 0x20 || c > 0x7e || c === 0x3d) return false;
  }
  return STATE_KEY.test(member.slice(0, equals));
}

function areHex(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

function areZero(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) !== 0x30) return false;
  return true;
}
