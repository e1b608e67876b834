// Reads every HTTP answer out of the bytes of one connection, so that an answer too many is seen as well as one too few.

/** One answer as it stood on the wire. */
export interface WireAnswer {
  readonly status: number;
  /** Lower-case names; a repeated header is joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** False when the bytes ended before the answer did. */
  readonly whole: boolean;
}

/** What one connection carried back. */
export interface Conversation {
  /** Final answers in order. */
  readonly answers: readonly WireAnswer[];
  /** Statuses below 200, in order. */
  readonly interim: readonly number[];
  /** Bytes that are no HTTP answer. */
  readonly rubbish: string;
}

/** @param bodiless indexes of answers that have no body whatever their headers say, such as those to HEAD */
export function readAnswers(bytes: Buffer, bodiless: readonly number[] = []): Conversation {
  const answers: WireAnswer[] = [];
  const interim: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const split = bytes.indexOf('\r\n\r\n', at);
    const head = bytes.toString('latin1', at, split < 0 ? bytes.length : split);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
    if (split < 0 || status === undefined) return { answers, interim, rubbish: bytes.toString('latin1', at) };
    at = split + 4;
    if (Number(status) < 200) {
      interim.push(Number(status));
      continue;
    }
    const headers = readFields(head);
    const body = bodiless.includes(answers.length)
      ? { bytes: Buffer.alloc(0), whole: true, end: at }
      : readBody(bytes, at, headers);
    answers.push({ status: Number(status), headers, text: body.bytes.toString(), whole: body.whole });
    at = body.end;
  }
  return { answers, interim, rubbish: '' };
}

function readFields(head: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return headers;
}

interface Body {
  readonly bytes: Buffer;
  readonly whole: boolean;
  /** Where the next answer begins. */
  readonly end: number;
}

function readBody(bytes: Buffer, from: number, headers: ReadonlyMap<string, string>): Body {
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(bytes, from);
  const end = from + Number(headers.get('content-length') ?? bytes.length - from);
  return { bytes: bytes.subarray(from, end), whole: bytes.length >= end, end: Math.min(end, bytes.length) };
}

function readChunks(bytes: Buffer, from: number): Body {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number(`0x${bytes.toString('latin1', at, lineEnd)}`);
    const end = lineEnd + 2 + size;
    if (Number.isNaN(size) || bytes.toString('latin1', end, end + 2) !== '\r\n') {
      return { bytes: Buffer.concat(parts), whole: false, end: bytes.length };
    }
    if (size === 0) return { bytes: Buffer.concat(parts), whole: true, end: end + 2 };
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
