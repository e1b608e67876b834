// Writes MCP requests as raw bytes, honest by default, so that a test can spoil any part of one.
import { connect } from 'node:net';

const VERSION = '2026-07-28';

/** Required `_meta` of a request. */
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A request body with `_meta` filled in. */
export function toRequestBody(method: string, params: object = {}, id: string | number = 1): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params: { _meta: META, ...params } });
}

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** The header lines an honest client sends. */
export function toHeaderLines(method: string, name?: string): [string, string][] {
  const lines: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ['MCP-Protocol-Version', VERSION],
    ['Mcp-Method', method],
  ];
  if (name !== undefined) lines.push(['Mcp-Name', name]);
  return lines;
}

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; a repeated header is joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** False when the connection broke before the answer was whole. */
  readonly whole: boolean;
}

export interface RawRequest {
  readonly port: number;
  readonly lines: HeaderLines;
  readonly body: string | Buffer;
  readonly target?: string;
  readonly verb?: string;
}

/** Sends exactly these bytes as one HTTP/1.1 request and reads its answer until the connection closes. */
export function sendRaw({ port, lines, body, target = '/mcp', verb = 'POST' }: RawRequest): Promise<RawAnswer> {
  const bytes = Buffer.from(body);
  const named = new Set(lines.map(([name]) => name.toLowerCase()));
  const all = [
    ...(named.has('host') ? [] : [['Host', `127.0.0.1:${port}`] as const]),
    ...lines,
    ...(named.has('content-length') || named.has('transfer-encoding')
      ? []
      : [['Content-Length', String(bytes.length)] as const]),
    ...(named.has('connection') ? [] : [['Connection', 'close'] as const]),
  ];
  const head = `${verb} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return exchangeBytes(port, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
}

/** Writes bytes to a port and parses the one answer that comes back. */
function exchangeBytes(port: number, bytes: Buffer | string, withinMs = 10_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${withinMs} ms: ${Buffer.concat(chunks).toString()}`));
    }, withinMs);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(toRawAnswer(Buffer.concat(chunks)));
    };
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', done);
    socket.on('close', done);
    socket.write(bytes);
  });
}

/** Sends an honest request and returns its answer. */
export function sendCall(port: number, method: string, params: object = {}, name?: string): Promise<RawAnswer> {
  return sendRaw({ port, lines: toHeaderLines(method, name), body: toRequestBody(method, params) });
}

function toRawAnswer(bytes: Buffer): RawAnswer {
  const text = bytes.toString('latin1');
  const split = text.indexOf('\r\n\r\n');
  if (split < 0) return { status: 0, headers: new Map(), text, whole: false };
  const [statusLine = '', ...lines] = text.slice(0, split).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const rest = bytes.subarray(Buffer.byteLength(text.slice(0, split + 4), 'latin1'));
  const body = headers.get('transfer-encoding') === 'chunked' ? readChunked(rest) : readCounted(rest, headers);
  return { status: Number(statusLine.split(' ')[1]), headers, ...body };
}

function readCounted(rest: Buffer, headers: ReadonlyMap<string, string>): { text: string; whole: boolean } {
  const length = Number(headers.get('content-length') ?? rest.length);
  return { text: rest.toString(), whole: rest.length === length };
}

function readChunked(rest: Buffer): { text: string; whole: boolean } {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return { text: Buffer.concat(parts).toString(), whole: false };
    const size = Number.parseInt(rest.toString('latin1', at, end), 16);
    if (size === 0) return { text: Buffer.concat(parts).toString(), whole: true };
    parts.push(rest.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
