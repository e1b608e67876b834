// Turns a refusal into an answer: on a response, or on a bare socket when the HTTP parser gave up.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { OutgoingHeaders, Reply } from '../exchange.ts';
import { toErrorBody } from '../mcp/json-rpc.ts';
import { Refusal } from '../refusal.ts';

/** Headers of a refusal's answer; built from fixed words and configuration alone. */
function toHeaders(refusal: Refusal): OutgoingHeaders {
  const { headers, retryAfterS } = refusal.detail;
  return {
    'content-type': 'application/json',
    ...headers,
    ...(retryAfterS !== undefined && { 'retry-after': String(retryAfterS) }),
    ...(refusal.row.close && { connection: 'close' }),
  };
}

/** Answers with the refusal unless an answer has begun; then only breaking the connection tells the truth. */
export function sendRefusal(reply: Reply, refusal: Refusal): void {
  if (reply.closed) return;
  if (reply.begun) reply.abort();
  else reply.send(refusal.row.status, toHeaders(refusal), toErrorBody(refusal));
}

/** How long a client has to read a refusal before its connection is broken. */
const LINGER_MS = 1000;

/** Answers on a socket that has no response object, and closes it. */
export function sendRawRefusal(socket: Socket, refusal: Refusal): void {
  if (!socket.writable || socket.destroyed) return;
  const body = toErrorBody(refusal);
  const headers = { ...toHeaders(refusal), 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = refusal.row;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  // A client that never closes its half would hold its place under the connection limit for ever.
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** What an error of Node's HTTP parser or timers means to the client. */
export function toParserRefusal(error: NodeJS.ErrnoException): Refusal {
  switch (error.code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Refusal('headers_too_large', { reason: 'block' });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('too_slow', { reason: 'arrival' });
    default:
      return new Refusal('malformed_http', { reason: 'parser' });
  }
}
