// Passes an issuer's own metadata on to older clients, which look for it at the gateway instead of asking RFC 9728 metadata.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refuse } from '../refusal.ts';
import { checkFraming, checkHost, type WireRules } from './check-wire.ts';
import { findConnection } from './connection.ts';
import { checkIssuerAnswer, type IssuerHeaders, readIssuerDocument, toIssuerRefusal } from './issuer-document.ts';
import type { LiveExchanges } from './live-exchanges.ts';
import { readHeaders } from './read-headers.ts';
import { sendRefusal } from './send-refusal.ts';
import { ServerReply } from './server-reply.ts';

export interface PassageServing {
  readonly rules: WireRules;
  readonly passage: {
    /** Where the issuer keeps its documents, by the exact path asked for here; empty when nothing is passed on. */
    readonly documents: ReadonlyMap<string, URL>;
    /** For one document as a whole. */
    readonly timeoutMs: number;
  };
}

export interface MetadataPassageDeps {
  /** The configuration now; a request asks once and keeps what it got. */
  readonly serving: () => PassageServing;
  readonly live: LiveExchanges;
  readonly onRefusal: (refusal: Refusal) => void;
}

const OAUTH = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';
/** Callers prove nothing here, so they may not have the issuer asked more often than this at once. */
const MAX_OPEN = 64;
const CORS = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  'access-control-allow-methods': 'GET',
  'access-control-allow-headers': 'MCP-Protocol-Version',
  'access-control-max-age': '600',
};
/** What of the issuer's header block is looked at; only `cache-control` goes on. */
const ISSUER_HEADERS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'cache-control']);
const VERBS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Where the documents of `issuer` are (RFC 8414 section 3.1; OpenID Connect discovery section 4), by the paths that clients
 * ask for: with nothing behind them, and with each endpoint's path.
 */
export function toIssuerDocuments(issuer: string, endpointPaths: readonly string[]): ReadonlyMap<string, URL> {
  const { origin, pathname } = new URL(issuer);
  const issuerPath = pathname.replace(/\/$/, '');
  const suffixes = ['', ...endpointPaths.map((path) => path.replace(/\/$/, ''))];
  return new Map(
    suffixes.flatMap((suffix) => [
      [`${OAUTH}${suffix}`, new URL(`${origin}${OAUTH}${issuerPath}`)],
      [`${OIDC}${suffix}`, new URL(`${origin}${issuerPath}${OIDC}`)],
    ]),
  );
}

/** One request for a document of the issuer, until it is answered. */
interface Passage {
  readonly reply: ServerReply;
  readonly target: URL;
  readonly timeoutMs: number;
  readonly fail: (error: unknown) => void;
}

/** Adds the routes; they answer 404 while the configuration passes nothing on. Certificates are always verified. */
export function registerMetadataPassage(app: FastifyInstance, deps: MetadataPassageDeps): void {
  const passages = new WeakMap<IncomingMessage, Passage>();
  let open = 0;

  function begin(request: FastifyRequest, fastifyReply: FastifyReply, next: () => void): void {
    const { raw } = request;
    const reply = new ServerReply(fastifyReply.raw, CORS);
    const connection = findConnection(raw.socket);
    const place = connection.begin(reply, () => {
      open--;
      deps.live.remove(reply);
    });
    if (place !== 'served') {
      fastifyReply.hijack();
      if (place === 'first turned away') deps.onRefusal(new Refusal('malformed_http', { reason: 'pipelined' }));
      return;
    }
    open++;
    deps.live.add(reply);
    const fail = (error: unknown): void => {
      if (reply.closed) return;
      fastifyReply.hijack();
      const refusal = error instanceof Refusal ? error : new Refusal('internal', { cause: error });
      deps.onRefusal(refusal);
      sendRefusal(reply, refusal);
      if (refusal.row.close === true) connection.endBehindCurrent();
    };
    try {
      if (deps.live.isDraining) refuse('draining', { retryAfterS: 1 });
      const { target, timeoutMs } = findDocument(raw, deps.serving());
      if (raw.method === 'OPTIONS') {
        fastifyReply.hijack();
        reply.send(204, PREFLIGHT, '');
        return;
      }
      if (open > MAX_OPEN) refuse('overloaded', { reason: 'passages', retryAfterS: 1 });
      passages.set(raw, { reply, target, timeoutMs, fail });
      next();
    } catch (error) {
      fail(error);
    }
  }

  void app.register(async (scope) => {
    // As a hook, before Fastify looks for a body parser, like everything on this listener.
    scope.addHook('onRequest', begin);
    await scope.register(httpProxy, {
      upstream: '',
      routes: [OAUTH, `${OAUTH}/*`, OIDC, `${OIDC}/*`],
      proxyPayloads: false,
      internalRewriteLocationHeader: false,
      disableRequestLogging: true,
      // Left alone, it does not verify certificates.
      undici: { connect: { timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: true } },
      destroyAgent: true,
      handler(request, reply) {
        const passage = passages.get(request.raw);
        if (passage === undefined) throw new Error('a passage that was not begun');
        try {
          pass(passage, reply);
        } catch (error) {
          passage.fail(error);
        }
      },
      // Asked for only because `upstream` is empty; each request brings its own.
      replyOptions: { getUpstream: () => 'https://issuer.invalid' },
    });
  });
}

/** @throws Refusal malformed_http, body_too_large, headers_too_large, host_not_allowed, unknown_path, verb_not_allowed */
function findDocument(raw: IncomingMessage, { rules, passage }: PassageServing): { target: URL; timeoutMs: number } {
  const headers = readHeaders(raw.rawHeaders);
  checkFraming(headers, raw.httpVersion, rules);
  checkHost(headers, rules);
  const target = passage.documents.get((raw.url ?? '').split('?', 1)[0] as string) ?? refuse('unknown_path');
  if (!VERBS.has(raw.method)) {
    refuse('verb_not_allowed', { headers: { allow: 'GET' }, words: 'Metadata is read with GET.' });
  }
  return { target, timeoutMs: passage.timeoutMs };
}

function pass({ reply, target, timeoutMs, fail }: Passage, fastifyReply: FastifyReply): void {
  const over = new AbortController();
  const timer = setTimeout(() => fail(toIssuerRefusal('slow')), timeoutMs);
  reply.onClose(() => {
    clearTimeout(timer);
    over.abort();
  });

  async function passOn(status: number, stream: Readable): Promise<void> {
    // undici tells every early end as an error, also when nobody reads any more.
    stream.on('error', () => {});
    over.signal.addEventListener('abort', () => stream.destroy(), { once: true });
    if (reply.closed) stream.destroy();
    try {
      const headers = fastifyReply.getHeaders();
      checkIssuerAnswer(status, headers);
      const document = await readIssuerDocument(stream);
      if (reply.closed) return;
      fastifyReply.hijack();
      reply.send(200, toHeaders(headers), document);
    } catch (error) {
      stream.destroy();
      fail(error);
    }
  }

  fastifyReply.from(target.pathname, {
    getUpstream: () => target.origin,
    // Also for HEAD: what is said of a document is only true of one that was read.
    method: 'GET',
    timeout: timeoutMs,
    // By default it asks again after a 503, ten times, as soon as the issuer likes.
    retryDelay: () => null,
    queryString: () => '',
    rewriteRequestHeaders: () => ({ accept: 'application/json', 'accept-encoding': 'identity' }),
    rewriteHeaders: (headers) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => ISSUER_HEADERS.has(name))),
    onResponse: (_request, _reply, { statusCode, stream }) => void passOn(statusCode, stream),
    onError: (_reply, { error }) => fail(toIssuerRefusal('unreachable', error)),
  });
}

function toHeaders({ 'cache-control': cacheControl }: IssuerHeaders): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(typeof cacheControl === 'string' && { 'cache-control': cacheControl }),
  };
}
