// Serves the protected resource metadata of the endpoints (RFC 9728): prebuilt from configuration, readable by any page.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refuse } from '../refusal.ts';
import { checkFraming, checkHost, type WireRules } from './check-wire.ts';
import { findConnection } from './connection.ts';
import { readHeaders } from './read-headers.ts';
import { sendRefusal } from './send-refusal.ts';
import { ServerReply } from './server-reply.ts';

export interface WellKnownServing {
  readonly rules: WireRules;
  /** Documents by exact path. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface WellKnownDeps {
  readonly serving: () => WellKnownServing;
  readonly onRefusal: (refusal: Refusal) => void;
}

const HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'public, max-age=3600',
  'access-control-allow-origin': '*',
};

const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET',
  'access-control-allow-headers': 'MCP-Protocol-Version',
  'access-control-max-age': '600',
};

/** Makes the handler of everything below `/.well-known/`; it answers by itself. */
export function makeWellKnownRoute(deps: WellKnownDeps): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, fastifyReply) => {
    fastifyReply.hijack();
    const { raw } = request;
    const reply = new ServerReply(fastifyReply.raw, {});
    const connection = findConnection(raw.socket);
    if (connection.begin(reply, () => {}) !== 'served') return;
    try {
      const { rules, metadata } = deps.serving();
      const headers = readHeaders(raw.rawHeaders);
      checkFraming(headers, raw.httpVersion, rules);
      checkHost(headers, rules);
      const document = metadata.get((raw.url ?? '').split('?', 1)[0] as string) ?? refuse('unknown_path');
      if (raw.method === 'OPTIONS') reply.send(204, PREFLIGHT, '');
      else if (raw.method === 'GET' || raw.method === 'HEAD') reply.send(200, HEADERS, document);
      else refuse('verb_not_allowed', { headers: { allow: 'GET' }, words: 'Metadata is read with GET.' });
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('internal', { cause: error });
      deps.onRefusal(refusal);
      if (refusal.row.close === true) connection.endBehindCurrent();
      sendRefusal(reply, refusal);
    }
  };
}
