// A record of a request, as the edge would have filled it.
import type { Principal, RequestRecord } from '../../../gateway/exchange.ts';
import type { Envelope } from '../../../gateway/mcp/envelope.ts';
import { METHODS, type Method } from '../../../gateway/mcp/methods.ts';

export function makeEnvelope(method: string, name: string | undefined): Envelope {
  return {
    method: METHODS.get(method) as Method,
    idLiteral: '1',
    id: 1,
    version: '2026-07-28',
    name,
    paramsStart: 0,
    paramsEnd: 0,
    metaStart: 0,
    metaEnd: 0,
    foreignMeta: [],
    isRound: false,
    extensions: [],
  };
}

/** A token's principal; the proof that it is one is not asked for here. */
export function makePrincipal(claims: Readonly<Record<string, unknown>>): Principal {
  return {
    kind: 'token',
    issuer: 'https://login.example.com',
    subject: 'alice',
    client: 'assistant',
    scopes: new Set<string>(),
    groups: new Set<string>(),
    claims,
    validUntilMs: undefined,
  } as unknown as Principal;
}

export function makeRecord(known: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: 'r-1',
    startedMs: 0,
    startedEpochMs: 0,
    address: '192.0.2.1',
    endpoint: undefined,
    envelope: undefined,
    principal: undefined,
    decision: undefined,
    quotaRule: undefined,
    upstream: undefined,
    tool: undefined,
    bytesIn: 0,
    bytesOut: 0,
    sealed: 0,
    opened: 0,
    trace: undefined,
    span: undefined,
    instance: undefined,
    auditedArguments: undefined,
    upstreamMs: 0,
    answer: undefined,
    refusal: undefined,
    ...known,
  };
}
