// One HTTP response as the stages see it.
import type { ServerResponse } from 'node:http';
import type { OutgoingHeaders, Reply } from '../exchange.ts';

/** Up to here copying a body costs less than a second write. */
const JOINED_BYTES = 8 * 1024;

const KERNEL_TAKES_BYTES = 64 * 1024;

/** How long a broken answer may take to leave its buffers. */
const ABORT_WITHIN_MS = 1000;

/** Writes to Node's response and tells when the client leaves; `close` is the only event that always comes. */
export class ServerReply implements Reply {
  /** Where `LiveExchanges` keeps it. */
  slot = 0;
  /** Bytes of the answer's body handed on so far. */
  sentBytes = 0;
  /** True once an answer has begun that comes in pieces. */
  isStream = false;
  private readonly response: ServerResponse;
  private readonly common: OutgoingHeaders;
  private goneListener: (() => void) | undefined;
  private shutdownListener: (() => void) | undefined;
  private isShuttingDown = false;

  /** @param common headers every answer on this connection carries */
  constructor(response: ServerResponse, common: OutgoingHeaders) {
    this.response = response;
    this.common = common;
  }

  get closed(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  /** True once the request this answers was read to its end. */
  get isRead(): boolean {
    return this.response.req.complete;
  }

  get begun(): boolean {
    return this.response.headersSent;
  }

  send(status: number, headers: OutgoingHeaders, body: Buffer | string): void {
    const length = Buffer.byteLength(body);
    this.sentBytes += length;
    // RFC 9110 section 8.6: a 204 has no length.
    this.writeHead(status, headers, status === 204 ? undefined : length);
    // Node joins a text with the header block and writes both at once; a Buffer costs a write of its own.
    if (typeof body === 'string' || body.length > JOINED_BYTES) this.response.end(body);
    else this.response.end(body.toString('latin1'), 'latin1');
  }

  begin(status: number, headers: OutgoingHeaders): void {
    this.isStream = true;
    this.writeHead(status, headers, undefined);
    this.response.flushHeaders();
  }

  write(bytes: Buffer): boolean {
    this.sentBytes += bytes.length;
    return this.response.write(bytes);
  }

  end(): void {
    this.response.end();
  }

  abort(): void {
    const { socket } = this.response;
    if (socket === null) {
      this.response.destroy();
      return;
    }
    // What was passed on may still arrive; without its end it does not look whole.
    socket.destroySoon();
    setTimeout(() => socket.destroy(), ABORT_WITHIN_MS).unref();
  }

  cutUnlessTaken(withinMs: number): void {
    const { socket } = this.response;
    // What was sent at once and is small, the kernel has taken; a timer for each answer would cost more than it saves.
    if (socket === null || this.response.writableFinished) return;
    if (!this.isStream && socket.writableLength <= KERNEL_TAKES_BYTES) return;
    let left = socket.writableLength;
    const timer = setInterval(() => {
      if (socket.writableLength >= left) socket.destroy();
      left = socket.writableLength;
    }, withinMs).unref();
    this.response.on('close', () => clearInterval(timer));
  }

  onDrain(listener: () => void): void {
    this.response.on('drain', listener);
  }

  onGone(listener: () => void): void {
    if (this.response.destroyed) listener();
    else this.goneListener = listener;
  }

  onShutdown(listener: () => void): void {
    if (this.isShuttingDown) listener();
    else this.shutdownListener = listener;
  }

  /** Called once, when the connection is done with this answer, with whether the client left before it was over. */
  onClose(listener: (left: boolean) => void): void {
    this.response.on('close', () => {
      const left = !this.response.writableFinished;
      if (left) this.goneListener?.();
      listener(left);
    });
  }

  /** The edge tells that the gateway is shutting down: what is sent from now on closes its connection. */
  shutDown(): void {
    this.isShuttingDown = true;
    this.closeBehind();
    this.shutdownListener?.();
  }

  /** The connection is not used again after this answer. */
  closeBehind(): void {
    if (!this.response.headersSent) this.response.shouldKeepAlive = false;
  }

  private writeHead(status: number, headers: OutgoingHeaders, length: number | undefined): void {
    const flat: string[] = [];
    for (const name in headers) flat.push(name, headers[name] as string);
    for (const name in this.common) flat.push(name, this.common[name] as string);
    if (length !== undefined) flat.push('content-length', String(length));
    this.response.writeHead(status, flat);
  }
}
