// Takes an issuer's metadata only when it is one: status, media type, size, and one whole unambiguous JSON object.
import type { Readable } from 'node:stream';
import { isJsonFault, scanJson } from '../mcp/strict-json.ts';
import { Refusal, refuse } from '../refusal.ts';

const WORDS = 'The authorization server did not give its metadata.';
const MAX_BYTES = 256 * 1024;
const LIMITS = { maxDepth: 16, maxMembers: 10_000, notedDepth: 1 };
const OPENING_BRACE = 0x7b;
const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;

/** As Fastify's reply collected them from the issuer's answer. */
export type IssuerHeaders = Readonly<Record<string, number | string | readonly string[] | undefined>>;

type IssuerFault = 'unreachable' | 'slow' | 'status' | 'media' | 'oversized' | 'cut' | 'malformed';

export function toIssuerRefusal(fault: IssuerFault, cause?: unknown): Refusal {
  return new Refusal('upstream_failed', { reason: `issuer_${fault}`, words: WORDS, cause });
}

/**
 * Only 200 with plain JSON goes on; redirects never do. That the issuer has no such document is an answer too, after which
 * clients look elsewhere.
 *
 * @throws Refusal unknown_path, upstream_failed
 */
export function checkIssuerAnswer(status: number, headers: IssuerHeaders): void {
  if (status === 404 || status === 410) refuse('unknown_path', { reason: 'issuer_has_none' });
  if (status !== 200) throw toIssuerRefusal('status');
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (typeof type !== 'string' || !JSON_TYPE.test(type) || encoding !== undefined) throw toIssuerRefusal('media');
}

/**
 * @returns the bytes as they came, at most 256 KiB
 * @throws Refusal upstream_failed
 */
export async function readIssuerDocument(stream: Readable): Promise<Buffer> {
  const document = Buffer.concat(await readPieces(stream));
  const scanned = scanJson(document, LIMITS);
  if (isJsonFault(scanned) || scanned.rootKind !== OPENING_BRACE) throw toIssuerRefusal('malformed');
  return document;
}

async function readPieces(stream: Readable): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > MAX_BYTES) throw toIssuerRefusal('oversized');
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : toIssuerRefusal('cut', error);
  }
  return pieces;
}
