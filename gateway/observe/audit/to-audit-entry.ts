// Turns what is known of a request that ended into its audit entry.
import { hash } from 'node:crypto';
import type { Principal, RequestRecord } from '../../exchange.ts';
import type { Refusal } from '../../refusal.ts';
import { cutText, toSpokenName } from '../log-name.ts';
import type { AuditEntry, PrincipalNote } from './audit-entry.ts';

const DIGEST_DIGITS = 32;

export function toAuditEntry(record: RequestRecord, durationMs: number): AuditEntry {
  const { envelope, refusal, answer, decision } = record;
  const name = envelope === undefined ? undefined : toSpokenName(envelope);
  return {
    requestId: record.requestId,
    traceId: record.trace?.traceId,
    endpoint: record.endpoint,
    principal: record.principal === undefined ? undefined : getPrincipalNote(record.principal),
    method: envelope?.method.name,
    name,
    tool: record.tool === undefined || record.tool === envelope?.name ? undefined : cutText(record.tool),
    decision: decision?.outcome,
    rule: decision?.rule,
    policy: decision?.policy,
    refusal: refusal?.kind,
    reason: refusal?.detail.reason,
    quotaRule: record.quotaRule,
    upstream: record.upstream,
    instance: record.instance,
    // Whose client left got no status that anybody could rely on.
    status: refusal?.row.status ?? (answer?.status === 0 ? undefined : answer?.status),
    ending: refusal === undefined ? (answer?.ending ?? 'client_left') : 'refused',
    durationMs,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    sealed: record.sealed,
    opened: record.opened,
    arguments: record.auditedArguments,
  };
}

/** The entry of what was refused before it became a request: by the HTTP parser, or outside of all endpoints. */
export function toRawAuditEntry(refusal: Refusal): AuditEntry {
  return {
    ...NOTHING_KNOWN,
    refusal: refusal.kind,
    reason: refusal.detail.reason,
    status: refusal.row.status,
  };
}

const NOTHING_KNOWN: AuditEntry = {
  requestId: undefined,
  traceId: undefined,
  endpoint: undefined,
  principal: undefined,
  method: undefined,
  name: undefined,
  tool: undefined,
  decision: undefined,
  rule: undefined,
  policy: undefined,
  refusal: undefined,
  reason: undefined,
  quotaRule: undefined,
  upstream: undefined,
  instance: undefined,
  status: undefined,
  ending: 'refused',
  durationMs: undefined,
  bytesIn: 0,
  bytesOut: 0,
  sealed: 0,
  opened: 0,
  arguments: undefined,
};

/** One token's principal is one object for as long as its verdict is remembered. */
const notes = new WeakMap<Principal, PrincipalNote>();

function getPrincipalNote(principal: Principal): PrincipalNote {
  const known = notes.get(principal);
  if (known !== undefined) return known;
  const { kind, issuer, subject, client, claims } = principal;
  const jti = Object.hasOwn(claims, 'jti') ? claims['jti'] : undefined;
  const note: PrincipalNote = {
    kind,
    issuer: cutText(issuer),
    subject: cutText(subject),
    client: cutText(client),
    jti: typeof jti === 'string' ? hash('sha256', jti).slice(0, DIGEST_DIGITS) : undefined,
  };
  notes.set(principal, note);
  return note;
}
