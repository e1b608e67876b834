// Gathers the body of one request, bounded.
import type { IncomingMessage } from 'node:http';
import { ClientGone } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

/**
 * Reads the whole body.
 *
 * @param maxBytes size limit, also for bodies of unknown length
 * @param hasRoom told of every piece; false when the process holds too much already
 * @throws Refusal body_too_large, overloaded
 * @throws ClientGone when the connection ends first
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  hasRoom: (bytes: number) => boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Whoever was asked for keys may have been asked for long.
    if (request.destroyed && !request.readableEnded) reject(new ClientGone());
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        reject(new Refusal('body_too_large', { reason: 'chunked' }));
      } else if (!hasRoom(chunk.length)) {
        request.pause();
        reject(new Refusal('overloaded', { reason: 'queued_bytes', retryAfterS: 1 }));
      } else if (first === undefined) {
        first = chunk;
      } else {
        (rest ??= [first]).push(chunk);
      }
    });
    request.on('end', () => resolve(rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, size)));
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
    request.on('error', () => reject(new ClientGone()));
  });
}

const EMPTY = Buffer.alloc(0);
