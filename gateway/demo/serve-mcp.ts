// Puts a handler of the official MCP SDK on a node:http port, and takes both down together.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import type { McpHttpHandler } from '@modelcontextprotocol/server';

export interface McpListener {
  readonly url: string;
  close(): Promise<void>;
}

export interface McpListenOptions {
  readonly handler: McpHttpHandler;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
type Guard = (request: IncomingMessage, response: ServerResponse) => boolean;

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Listens on `host:port` (port 0: any free one); on loopback, foreign `Host` and `Origin` values get 403. */
export async function serveMcp({ handler, host, port, path }: McpListenOptions): Promise<McpListener> {
  const guards: readonly Guard[] = loopbackHosts.has(host)
    ? [localhostHostValidation(), localhostOriginValidation()]
    : [];
  const answer = toNodeHandler(handler) as Answer;
  const server = createServer((request, response) => {
    if (!guards.every((guard) => guard(request, response))) return;
    if (new URL(request.url ?? '/', 'http://any').pathname !== path) {
      response.writeHead(404).end();
      return;
    }
    void answer(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}${path}`,
    async close() {
      // Closing the handler first lets open subscriptions end with their `complete` result.
      await handler.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 200).unref();
      await closed;
    },
  };
}
