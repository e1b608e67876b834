// What goes on on one connection: at most one exchange at a time, and nothing after the last one.
import type { Socket } from 'node:net';
import type { Refusal } from '../refusal.ts';
import { sendRawRefusal } from './send-refusal.ts';
import type { ServerReply } from './server-reply.ts';

/**
 * A request that arrives while another one is open on its connection gets no answer; the connection closes behind the
 * open one, and its client may ask again on another (RFC 9112 section 9.3.2). Answers can then never change places, and
 * everything that runs upstream belongs to a response that hears of the client's leaving.
 */
export class Connection {
  private current: ServerReply | undefined;
  private isLast = false;

  /** @returns false when the request may not be served here */
  begin(reply: ServerReply): boolean {
    if (this.current === undefined && !this.isLast) {
      this.current = reply;
      return true;
    }
    this.endBehindCurrent();
    return false;
  }

  /** The exchange is over; a connection that may not be used again is closed. */
  finish(socket: Socket): void {
    this.current = undefined;
    if (this.isLast) socket.destroySoon();
  }

  /** Nothing that comes behind the open exchange is served. */
  endBehindCurrent(): void {
    this.isLast = true;
    this.current?.closeBehind();
  }

  /** Answers what never became a request, unless that would stand in the place of another answer. */
  refuse(socket: Socket, refusal: Refusal): void {
    const { current } = this;
    this.endBehindCurrent();
    if (current === undefined) sendRawRefusal(socket, refusal);
    else if (!current.isRead) current.begun ? socket.destroy() : sendRawRefusal(socket, refusal);
  }
}

const connections = new WeakMap<Socket, Connection>();

export function findConnection(socket: Socket): Connection {
  let connection = connections.get(socket);
  if (connection === undefined) {
    connection = new Connection();
    connections.set(socket, connection);
  }
  return connection;
}
