// Sends one request of the gateway's own to an instance and reads the whole response, as JSON or out of a stream.
import type { IncomingHttpHeaders } from 'node:http';
import { toMessageKind } from '../mcp/json-rpc.ts';
import { type SseBlock, SseSplitter } from '../mcp/sse-splitter.ts';
import type { Instance } from './instance.ts';
import { toOwnHeaders } from './own-request.ts';

export interface OwnRequest {
  readonly id: string;
  readonly method: string;
  readonly body: Buffer;
  readonly proof: readonly string[];
  readonly signal: AbortSignal;
  /** Answers beyond this are given up. */
  readonly maxBytes: number;
}

export type OwnAnswer =
  /** One strictly checked message that answers the request. */
  | { readonly kind: 'result' | 'error'; readonly message: Buffer }
  /** The server's decision, or too much: says nothing of its health. */
  | { readonly kind: 'refused' | 'oversized' }
  /** No answer, or none that may stand. */
  | { readonly kind: 'failed' };

const JSON_MEDIA = /^application\/json[ \t]*(?:;|$)/i;
const STREAM_MEDIA = /^text\/event-stream[ \t]*(?:;|$)/i;
const FAILED: OwnAnswer = { kind: 'failed' };
const REFUSED: OwnAnswer = { kind: 'refused' };
const OVERSIZED: OwnAnswer = { kind: 'oversized' };

/** Never rejects. */
export async function fetchAnswer(instance: Instance, request: OwnRequest): Promise<OwnAnswer> {
  try {
    const { statusCode, headers, body } = await instance.calls.request({
      path: instance.path,
      method: 'POST',
      headers: toOwnHeaders(request.method, instance.hostHeader, request.proof),
      body: request.body,
      signal: request.signal,
      // Ours is the deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const refused = toRefusal(statusCode, headers);
    if (refused === undefined) {
      const isStream = STREAM_MEDIA.test(String(headers['content-type']));
      return await (isStream ? readStream(body, request) : readWhole(body, request));
    }
    // Read to its end, so that the connection can be used again.
    await body.dump({ limit: request.maxBytes });
    return refused;
  } catch {
    return FAILED;
  }
}

/** @returns undefined when the body is worth reading */
function toRefusal(status: number, headers: IncomingHttpHeaders): OwnAnswer | undefined {
  if (status === 401 || status === 403 || status === 407 || status === 429) return REFUSED;
  if (status !== 200 && (status < 400 || status >= 500)) return status >= 500 ? FAILED : REFUSED;
  const encoding = headers['content-encoding'];
  const media = String(headers['content-type']);
  const isReadable = JSON_MEDIA.test(media) || (status === 200 && STREAM_MEDIA.test(media));
  if (isReadable && (encoding === undefined || encoding === 'identity')) return undefined;
  return status === 200 ? FAILED : REFUSED;
}

async function readWhole(body: AsyncIterable<Buffer>, { id, maxBytes }: OwnRequest): Promise<OwnAnswer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) return OVERSIZED;
    pieces.push(piece);
  }
  return toAnswer(Buffer.concat(pieces, size), id) ?? FAILED;
}

/** Reads until the response is there: a server may be slow to end its stream. */
async function readStream(body: AsyncIterable<Buffer>, { id, maxBytes }: OwnRequest): Promise<OwnAnswer> {
  const splitter = new SseSplitter(maxBytes);
  let size = 0;
  let answer: OwnAnswer | undefined;
  function take({ data, isMessage }: SseBlock): void {
    if (answer !== undefined || data === undefined || data.length === 0) return;
    answer = isMessage ? toAnswer(data, id) : FAILED;
  }
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes || !splitter.push(piece, take)) return OVERSIZED;
    if (answer !== undefined) return answer;
  }
  return FAILED;
}

/** @returns undefined for a notification */
function toAnswer(message: Buffer, id: string): OwnAnswer | undefined {
  const kind = toMessageKind(message, id);
  if (kind === 'notification') return undefined;
  return kind === 'invalid' ? FAILED : { kind, message };
}
