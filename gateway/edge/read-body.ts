// Gathers the body of one request, bounded.
import type { IncomingMessage } from 'node:http';
import { ClientGone } from '../exchange.ts';
import { Refusal } from '../refusal.ts';

/**
 * Reads the whole body.
 *
 * @param maxBytes size limit, also for bodies of unknown length
 * @throws Refusal body_too_large
 * @throws ClientGone when the connection ends first
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Whoever was asked for keys may have been asked for long.
    if (request.destroyed && !request.complete) reject(new ClientGone());
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        reject(new Refusal('body_too_large', { reason: 'chunked' }));
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
