// The listener that clients call: Fastify with every answer of its own replaced by ours.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { Refusal } from '../refusal.ts';
import { boundConnections } from './bound-connections.ts';
import { findConnection } from './connection.ts';
import { type McpRouteDeps, makeMcpRoute, type Serving } from './mcp-route.ts';
import { type PassageServing, registerMetadataPassage } from './metadata-passage.ts';
import { toParserRefusal } from './send-refusal.ts';
import { makeWellKnownRoute, type WellKnownServing } from './well-known-route.ts';

export interface WireLimits {
  readonly headersBytes: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
}

/** All that the listener needs of the configuration. */
export type McpServing = Serving & WellKnownServing & PassageServing;

export interface McpServerDeps extends McpRouteDeps {
  readonly serving: () => McpServing;
  readonly limits: WireLimits;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** How often Node looks for requests that are too slow; its own default of 30 s makes any shorter limit void. */
const TIMEOUT_CHECK_MS = 1000;

/** Builds the listener of all endpoints; the caller listens and closes. */
export function makeMcpServer(deps: McpServerDeps): FastifyInstance {
  const { limits } = deps;
  const http = {
    maxHeaderSize: limits.headersBytes,
    headersTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, limits.requestTimeoutMs),
    // Node would answer such a request by itself, without a JSON-RPC body.
    requireHostHeader: false,
    noDelay: true,
  };
  const clientErrorHandler = (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    refuseRaw(socket, toParserRefusal(error), deps);
  };
  const options = {
    logger: false,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler,
    frameworkErrors: (_error: unknown, request: Parameters<typeof route>[0], reply: Parameters<typeof route>[1]) =>
      route(request, reply),
  } as const;
  const route = makeMcpRoute(deps);
  const app = (
    deps.tls === undefined ? fastify({ ...options, http }) : fastify({ ...options, https: { ...http, ...deps.tls } })
  ) as FastifyInstance;
  // As a hook, before Fastify looks for a body parser: the pipeline reads the body itself, once the token is proven.
  app.all('/*', { onRequest: route }, route);
  const wellKnown = makeWellKnownRoute({ serving: deps.serving, onRefusal: deps.onRawRefusal });
  app.all('/.well-known/*', { onRequest: wellKnown }, wellKnown);
  registerMetadataPassage(app, { serving: deps.serving, live: deps.live, onRefusal: deps.onRawRefusal });
  // Verbs Fastify does not know, paths that do not decode, content types that do not parse: the same checks, the same words.
  app.setNotFoundHandler(route);
  app.setErrorHandler((_error, request, reply) => route(request, reply));
  prepareServer(app.server, deps);
  return app;
}

function prepareServer(server: Server, deps: McpServerDeps): void {
  boundConnections(server, deps.limits.connections, (socket) => {
    // Nobody who awaits a TLS handshake could read why.
    if (deps.tls !== undefined) socket.destroy();
    else refuseRaw(socket, new Refusal('overloaded', { reason: 'connections', retryAfterS: 1 }), deps);
  });
  // Node's default of 2,000 drops the header lines beyond it without a word.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', ({ socket }: { socket: Socket }) =>
    refuseRaw(socket, new Refusal('expectation'), deps),
  );
  server.on('connect', (_request, socket: Duplex) => {
    refuseRaw(socket as Socket, new Refusal('verb_not_allowed', { headers: { allow: 'POST' } }), deps);
  });
}

function refuseRaw(socket: Socket, refusal: Refusal, deps: McpServerDeps): void {
  deps.onRawRefusal(refusal);
  findConnection(socket).refuse(refusal);
}

/** The port a server listens on, also when the system chose it. */
export function toPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
