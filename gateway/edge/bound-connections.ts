// Bounds how many connections a listener has: those just beyond are told so, and what comes behind them is closed.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How many beyond the limit are told at once; each holds a socket until its client has read why. */
const TOLD_AT_ONCE = 256;

/**
 * @param most connections that are served
 * @param turnAway answers a connection that is not, and closes it; no parser ever sees it
 */
export function boundConnections(server: Server, most: number, turnAway: (socket: Socket) => void): void {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  let served = 0;
  server.maxConnections = most + TOLD_AT_ONCE;
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (served >= most) {
      socket.on('error', () => {});
      turnAway(socket);
      return;
    }
    served++;
    socket.once('close', () => served--);
    for (const listener of accept) listener.call(server, socket);
  });
}
