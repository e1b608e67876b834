// Fetches one JSON document of an issuer, bounded in time and size, from exactly where it was asked for.
import { parseStrictObject, type StrictObject } from './strict-object.ts';

/** Runs `run` once after `delayMs`; the function returned takes it back. */
export type StartTimer = (delayMs: number, run: () => void) => () => void;

export interface FetchDeps {
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
  readonly timeoutMs: number;
  /** Ends the fetch from outside. */
  readonly signal: AbortSignal;
}

const MAX_BYTES = 256 * 1024;
const LIMITS = { maxDepth: 16, maxMembers: 10_000, notedDepth: 3 };

/**
 * @returns the document, a JSON object without repeated names
 * @throws Error unless the answer is 200, of at most 256 KiB (also when unpacked), in time, without a redirect
 */
export async function fetchDocument(url: string, deps: FetchDeps): Promise<StrictObject> {
  const late = new AbortController();
  const stopTimer = deps.startTimer(deps.timeoutMs, () => late.abort(new Error('it took too long')));
  try {
    const response = await deps.fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([deps.signal, late.signal]),
    });
    if (response.status !== 200) throw new Error(`it answered ${response.status}`);
    const document = parseStrictObject(await readBody(response), LIMITS);
    if (document === undefined) throw new Error('it is not one unambiguous JSON object');
    return document;
  } catch (cause) {
    throw new Error(`cannot fetch ${url}`, { cause });
  } finally {
    stopTimer();
    // Gives back the connection of an answer that was not read to its end.
    late.abort();
  }
}

async function readBody(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
