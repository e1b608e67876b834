// The route of all MCP endpoints: wire checks, then the pipeline, then exactly one answer and one record.
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientGone, type Endpoint, type RequestRecord } from '../exchange.ts';
import { handle, type Stages } from '../pipeline.ts';
import { Refusal, refuse } from '../refusal.ts';
import { checkFraming, checkMedia, checkSource, type WireRules } from './check-wire.ts';
import type { FindClientAddress } from './client-address.ts';
import { findConnection } from './connection.ts';
import { toCorsHeaders, toPreflightHeaders } from './cors.ts';
import type { LiveExchanges } from './live-exchanges.ts';
import type { Overload } from './overload.ts';
import { readBody } from './read-body.ts';
import { readHeaders, type WireHeaders } from './read-headers.ts';
import { sendRefusal } from './send-refusal.ts';
import { ServerReply } from './server-reply.ts';

/** All that a request to an endpoint needs of the configuration; a reload replaces it as a whole. */
export interface Serving {
  readonly rules: WireRules;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly stages: Stages;
  readonly findClientAddress: FindClientAddress;
}

export interface McpRouteDeps {
  /** The configuration now; a request asks once and keeps what it got. */
  readonly serving: () => Serving;
  readonly live: LiveExchanges;
  readonly overload: Overload;
  /** Waits while what becomes of a request could not be written down; undefined: it can. */
  readonly whenRecordable: () => Promise<void> | undefined;
  /** On the monotonic clock. */
  readonly nowMs: () => number;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** Unique among all replicas. */
  readonly makeRequestId: () => string;
  /** Called once per request, when its connection is done with it. */
  readonly onEnd: (record: RequestRecord) => void;
  /** Told of refusals that never became a request. */
  readonly onRawRefusal: (refusal: Refusal) => void;
}

/** Makes the Fastify handler of every path and verb; it takes the reply over and answers by itself. */
export function makeMcpRoute(deps: McpRouteDeps): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    reply.hijack();
    void serve(deps, deps.serving(), request, reply);
  };
}

/** One request on the wire, with all that was made for it. */
interface Exchange {
  readonly raw: IncomingMessage;
  readonly headers: WireHeaders;
  /** The request's origin when the configuration allows it by name. */
  readonly origin: string | undefined;
  readonly reply: ServerReply;
  readonly record: RequestRecord;
}

async function serve(
  deps: McpRouteDeps,
  serving: Serving,
  { raw }: FastifyRequest,
  { raw: response }: FastifyReply,
): Promise<void> {
  const headers = readHeaders(raw.rawHeaders);
  const { allowedOrigins } = serving.rules;
  const origin = typeof headers.origin === 'string' && allowedOrigins.has(headers.origin) ? headers.origin : undefined;
  const reply = new ServerReply(response, toCorsHeaders(origin));
  const connection = findConnection(raw.socket);
  const record = makeRecord(deps);
  record.address = serving.findClientAddress(raw.socket.remoteAddress ?? '', headers.forwardedFor);
  let isClosed = false;
  let isSettled = false;
  const place = connection.begin(reply, () => {
    deps.live.remove(reply);
    deps.overload.letGo(record.bytesIn);
    record.bytesOut = reply.sentBytes;
    isClosed = true;
    if (isSettled) deps.onEnd(record);
  });
  if (place !== 'served') {
    if (place === 'first turned away') deps.onRawRefusal(new Refusal('malformed_http', { reason: 'pipelined' }));
    return;
  }
  deps.live.add(reply);
  await answer(deps, serving, { raw, headers, origin, reply, record });
  if (record.refusal?.row.close === true) connection.endBehindCurrent();
  // The response may close some ticks before the pipeline has told what became of the request.
  isSettled = true;
  if (isClosed) deps.onEnd(record);
}

/** Writes exactly one answer, and notes in the record what it was. */
async function answer(deps: McpRouteDeps, serving: Serving, exchange: Exchange): Promise<void> {
  const { raw, headers, origin, reply, record } = exchange;
  try {
    if (deps.live.isDraining) refuse('draining', { retryAfterS: 1 });
    deps.overload.check(deps.live.size);
    checkFraming(headers, raw.httpVersion, serving.rules);
    checkSource(headers, serving.rules);
    const target = splitTarget(raw.url ?? '');
    const endpoint = serving.endpoints.get(target.path) ?? refuse('unknown_path');
    record.endpoint = endpoint.path;
    if (raw.method === 'OPTIONS' && origin !== undefined) {
      reply.send(204, toPreflightHeaders(toSingle(raw.headers['access-control-request-headers'])), '');
      record.answer = { ending: 'acknowledged', status: 204, upstream: 'none', instance: -1 };
      return;
    }
    if (raw.method !== 'POST') refuse('verb_not_allowed', { headers: { allow: 'POST' } });
    checkMedia(headers);
    await deps.whenRecordable();
    const received = {
      endpoint,
      headers,
      authorization: headers.authorization,
      query: target.query,
      address: record.address,
      readBody: () =>
        readBody(raw, serving.rules.maxBodyBytes, (bytes) => {
          record.bytesIn += bytes;
          return deps.overload.hold(bytes);
        }),
    };
    record.answer = await handle(serving.stages, received, reply, record);
  } catch (error) {
    if (error instanceof ClientGone) return;
    record.refusal = error instanceof Refusal ? error : new Refusal('internal', { cause: error });
    record.refusal.idLiteral ??= record.envelope?.idLiteral;
    record.decision ??= record.refusal.detail.decision;
    record.quotaRule = record.refusal.detail.quotaRule;
    sendRefusal(reply, record.refusal);
  }
}

function makeRecord({ nowMs, epochMs, makeRequestId }: McpRouteDeps): RequestRecord {
  return {
    requestId: makeRequestId(),
    startedMs: nowMs(),
    startedEpochMs: epochMs(),
    address: '',
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
  };
}

function splitTarget(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

function toSingle(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? undefined : value;
}
