// What goes on on one connection: at most one exchange at a time, and nothing after the last one.
import type { Socket } from 'node:net';
import type { Refusal } from '../refusal.ts';
import { sendRawRefusal } from './send-refusal.ts';
import type { ServerReply } from './server-reply.ts';

/** Requests one connection may send behind an open one before it is broken. */
const MAX_TURNED_AWAY = 16;

/**
 * A request that arrives while another one is open on its connection gets no answer; the connection closes behind the
 * open one, and its client may ask again on another (RFC 9112 section 9.3.2). Answers can then never change places, and
 * everything that runs upstream belongs to a response that hears of the client's leaving.
 */
export class Connection {
  private readonly socket: Socket;
  private current: ServerReply | undefined;
  private isLast = false;
  private turnedAway = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /**
   * @param onOver called when the exchange is over, with whether the client left first
   * @returns whether the request may be served here
   */
  begin(reply: ServerReply, onOver: (left: boolean) => void): 'served' | 'first turned away' | 'turned away' {
    if (this.current !== undefined || this.isLast) return this.turnAway();
    this.current = reply;
    reply.onClose((left) => {
      this.current = undefined;
      // A connection that may not be used again is closed.
      if (this.isLast) this.socket.destroySoon();
      onOver(left);
    });
    return 'served';
  }

  /** Node keeps every response it was made to begin, so a flood of requests ends with its connection. */
  private turnAway(): 'first turned away' | 'turned away' {
    this.endBehindCurrent();
    if (++this.turnedAway > MAX_TURNED_AWAY) this.socket.destroy();
    return this.turnedAway === 1 ? 'first turned away' : 'turned away';
  }

  /** Nothing that comes behind the open exchange is served. */
  endBehindCurrent(): void {
    this.isLast = true;
    this.current?.closeBehind();
  }

  /** Answers what never became a request, unless that would stand in the place of another answer. */
  refuse(refusal: Refusal): void {
    const { current, socket } = this;
    this.endBehindCurrent();
    if (current?.isRead === true) return;
    if (current?.begun === true) socket.destroy();
    else sendRawRefusal(socket, refusal);
  }
}

const connections = new WeakMap<Socket, Connection>();

export function findConnection(socket: Socket): Connection {
  let connection = connections.get(socket);
  if (connection === undefined) {
    connection = new Connection(socket);
    connections.set(socket, connection);
  }
  return connection;
}
