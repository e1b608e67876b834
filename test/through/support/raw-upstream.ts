// A server behind the gateway that speaks bytes: for answers no HTTP library would send, and for none at all.

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface RawUpstream {
  readonly port: number;
  /** For instances that must be reached without TLS. */
  readonly url: string;
  /** The same port as https: whoever connects waits for a handshake. */
  readonly tlsUrl: string;
  readonly sockets: readonly Socket[];
}

/** `onConnection` does all the talking; sockets are destroyed with the test. */
export async function startRawUpstream(
  t: TestContext,
  onConnection: (socket: Socket) => void = () => {},
): Promise<RawUpstream> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // A gateway that gives up resets the connection.
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/mcp`, tlsUrl: `https://127.0.0.1:${port}/mcp`, sockets };
}

/** Answers the first request on each connection with exactly these bytes, then ends or breaks the connection. */
export function answerBytes(bytes: Buffer | string, then: 'end' | 'reset' | 'hold'): (socket: Socket) => void {
  return (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      const before = isWhole(text);
      text += chunk.toString('latin1');
      if (before || !isWhole(text)) return;
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        // Destroyed once what was written had its time to leave.
        if (then === 'reset') setImmediate(() => socket.resetAndDestroy());
      });
    });
  };
}

function isWhole(text: string): boolean {
  const split = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return split >= 0 && text.length >= split + 4 + Number(length ?? 0);
}
