// The name a request asked for, as the log and the audit trail may hold it: short, without secrets that travel in names.
import { hash } from 'node:crypto';
import type { Envelope } from '../mcp/envelope.ts';

/** Longer texts of clients are cut here. */
const LONGEST = 200;
const DIGEST_DIGITS = 32;

/**
 * A task's id lets whoever knows it ask for the task, so only its digest is told. A URI loses what is before `@` and
 * behind `?` or `#`, where secrets are put by those who know no better place.
 */
export function toSpokenName({ method, name }: Pick<Envelope, 'method' | 'name'>): string | undefined {
  if (name === undefined || method.mirrors === 'name') return name === undefined ? undefined : cutText(name);
  if (method.mirrors === 'taskId') return `sha256:${hash('sha256', name).slice(0, DIGEST_DIGITS)}`;
  return cutText(stripUri(name));
}

/** At most 200 characters of a text; what was left out is counted behind them, so that a cut text is never mistaken for a whole one. */
export function cutText(text: string): string {
  if (text.length <= LONGEST) return text;
  const last = text.charCodeAt(LONGEST - 1);
  const kept = last >= 0xd800 && last <= 0xdbff ? LONGEST - 1 : LONGEST;
  return `${text.slice(0, kept)}...(+${text.length - kept})`;
}

function stripUri(uri: string): string {
  const mark = uri.search(/[?#]/);
  const bare = mark < 0 ? uri : `${uri.slice(0, mark + 1)}...`;
  const authority = bare.indexOf('://') + 3;
  if (authority < 3) return bare;
  const slash = bare.indexOf('/', authority);
  const at = bare.slice(0, slash < 0 ? undefined : slash).lastIndexOf('@');
  return at < authority ? bare : bare.slice(0, authority) + bare.slice(at + 1);
}
