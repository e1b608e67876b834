// A server behind the gateway that does exactly what a test says, and remembers what reached it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as it arrived. */
export interface Hit {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly message: { readonly id: string | number; readonly method: string; readonly params: Record<string, unknown> };
  /** Resolves when its connection or answer is over; true when the gateway left before the answer was. */
  readonly left: Promise<boolean>;
}

export type Behaviour = (hit: Hit, response: ServerResponse) => void | Promise<void>;

export interface FakeUpstream {
  readonly url: string;
  readonly port: number;
  readonly hits: readonly Hit[];
  /** From now on requests are answered so. */
  behave(behaviour: Behaviour): void;
  /** Resolves with the next request that arrives, or the `count`th from the start when it is there already. */
  waitForHits(count: number): Promise<readonly Hit[]>;
  close(): Promise<void>;
}

/** Answers with a JSON result that repeats the request's id. */
export function answerResult(hit: Hit, response: ServerResponse, result: object = { resultType: 'complete' }): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, result }));
}

/** One server-sent event of this message. */
export function toEvent(message: object): string {
  return `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
}

export async function startFakeUpstream(behaviour: Behaviour = answerResult): Promise<FakeUpstream> {
  const hits: Hit[] = [];
  const sockets = new Set<Socket>();
  let wake: (() => void)[] = [];
  let current = behaviour;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const left = new Promise<boolean>((resolve) => {
      response.on('close', () => resolve(!response.writableFinished));
    });
    const hit: Hit = { request, body, message: JSON.parse(body.toString()) as Hit['message'], left };
    hits.push(hit);
    for (const resolve of wake.splice(0)) resolve();
    await current(hit, response);
  }
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    hits,
    behave(next) {
      current = next;
    },
    async waitForHits(count) {
      while (hits.length < count) await new Promise<void>((resolve) => wake.push(resolve));
      return hits.slice(0, count);
    },
    close: () =>
      new Promise((resolve) => {
        wake = [];
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
