// One HTTP response as the stages see it.
import type { ServerResponse } from 'node:http';
import type { OutgoingHeaders, Reply } from '../exchange.ts';

/** Writes to Node's response and tells when the client leaves; `close` is the only event that always comes. */
export class ServerReply implements Reply {
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
    this.writeHead(status, headers, Buffer.byteLength(body));
    this.response.end(body);
  }

  begin(status: number, headers: OutgoingHeaders): void {
    this.writeHead(status, headers, undefined);
    this.response.flushHeaders();
  }

  write(bytes: Buffer): boolean {
    return this.response.write(bytes);
  }

  end(): void {
    this.response.end();
  }

  abort(): void {
    this.response.destroy();
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

  /** The edge tells that the connection is gone before the answer was over. */
  leave(): void {
    this.goneListener?.();
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
