// A server on a bare socket that answers each call with the very bytes a test says, broken HTTP included.
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Writes the answer to one whole request; `isGone` resolves when the gateway closes the connection. */
export type Script = (socket: Socket, isGone: Promise<void>) => void | Promise<void>;

export interface ScriptedUpstream {
  readonly url: string;
  readonly port: number;
  /** Calls other than the honest `tools/list` are answered so. */
  script(script: Script): void;
  close(): Promise<void>;
}

const HONEST_TEXT = '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[]}}';
const HONEST = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${HONEST_TEXT.length}\r\n\r\n${HONEST_TEXT}`;

function answerHonestly(socket: Socket): void {
  socket.write(HONEST);
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  let current: Script = answerHonestly;
  const server = createServer((socket) => {
    sockets.add(socket);
    const { promise: isGone, resolve: gone } = Promise.withResolvers<void>();
    socket.on('close', () => {
      sockets.delete(socket);
      gone();
    });
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const split = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (split < 0 || text.length < split + 4 + length) return;
      const isHonest = /mcp-method: tools\/list/i.test(text);
      text = '';
      if (isHonest) answerHonestly(socket);
      else void current(socket, isGone);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hidden-path`,
    port,
    script(script) {
      current = script;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
