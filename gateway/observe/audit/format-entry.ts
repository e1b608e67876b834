// Writes an audit entry as the members of its line.

import type { PickedArgument } from '../../exchange.ts';
import { toAsciiJson } from './ascii-json.ts';
import type { AuditEntry, PrincipalNote } from './audit-entry.ts';

/** @returns each member behind a comma, ASCII alone */
export function formatEntry(entry: AuditEntry): string {
  return (
    text('requestId', entry.requestId) +
    text('traceId', entry.traceId) +
    text('endpoint', entry.endpoint) +
    (entry.principal === undefined ? '' : `,"principal":${getPrincipalText(entry.principal)}`) +
    text('method', entry.method) +
    text('name', entry.name) +
    text('tool', entry.tool) +
    text('decision', entry.decision) +
    text('rule', entry.rule) +
    text('policy', entry.policy) +
    text('refusal', entry.refusal) +
    text('reason', entry.reason) +
    text('quotaRule', entry.quotaRule) +
    text('upstream', entry.upstream) +
    text('instance', entry.instance) +
    (entry.status === undefined ? '' : `,"status":${entry.status}`) +
    text('ending', entry.ending) +
    (entry.durationMs === undefined ? '' : `,"durationMs":${Math.round(entry.durationMs * 1000) / 1000}`) +
    `,"bytesIn":${entry.bytesIn},"bytesOut":${entry.bytesOut},"sealed":${entry.sealed},"opened":${entry.opened}` +
    (entry.arguments === undefined ? '' : `,"arguments":[${entry.arguments.map(formatArgument).join(',')}]`)
  );
}

function text(key: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${key}":${toAsciiJson(value)}`;
}

/** A caller comes again and again with one token. */
const principalTexts = new WeakMap<PrincipalNote, string>();

function getPrincipalText(principal: PrincipalNote): string {
  const known = principalTexts.get(principal);
  if (known !== undefined) return known;
  const { kind, issuer, subject, client, jti } = principal;
  const told =
    kind === 'anonymous'
      ? ''
      : text('issuer', issuer) + text('subject', subject) + text('client', client) + text('jti', jti);
  const made = `{"kind":"${kind}"${told}}`;
  principalTexts.set(principal, made);
  return made;
}

function formatArgument({ pointer, as, value }: PickedArgument): string {
  return `{"pointer":${toAsciiJson(pointer)}${text(as, value)}}`;
}
