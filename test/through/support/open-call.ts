// Sends one MCP request and stays in control of its answer: read it as it comes, stop reading, leave half-way.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type HeaderLines, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { until, within } from './until.ts';

export interface CallOptions {
  readonly port: number;
  readonly method: string;
  readonly params?: object;
  /** The value of `Mcp-Name`. */
  readonly name?: string;
  readonly id?: string | number;
  /** Added to the honest header lines. */
  readonly lines?: HeaderLines;
  /** Call over TLS and trust this authority alone. */
  readonly ca?: string;
}

export interface Ended {
  /** 0 when no answer came. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** False when the connection broke before the answer was whole. */
  readonly whole: boolean;
}

export interface OpenCall {
  /** Waits for status and headers; the answer is not read before `read` or `end`. */
  head(withinMs?: number): Promise<IncomingMessage>;
  /** Reads until this text has come; returns all text so far. */
  read(text: string, withinMs?: number): Promise<string>;
  /** Reads to the end, however it ends. */
  end(withinMs?: number): Promise<Ended>;
  /** Closes the connection at once. */
  leave(): void;
}

export function openCall({ port, method, params = {}, name, id = 1, lines = [], ca }: CallOptions): OpenCall {
  const body = toRequestBody(method, params, id);
  const request = (ca === undefined ? httpRequest : httpsRequest)({
    host: '127.0.0.1',
    port,
    path: '/mcp',
    method: 'POST',
    agent: false,
    headers: Object.fromEntries([...toHeaderLines(method, name), ...lines]),
    ...(ca !== undefined && { ca, servername: 'localhost' }),
  });
  const chunks: Buffer[] = [];
  let response: IncomingMessage | undefined;
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const done = (): void => {
      over = true;
      resolve();
    };
    request.on('error', done);
    request.on('response', (message) => {
      response = message;
      message.on('error', () => {});
      message.on('close', done);
    });
  });
  request.end(body);

  function startReading(message: IncomingMessage): void {
    if (message.listenerCount('data') === 0) message.on('data', (chunk: Buffer) => chunks.push(chunk));
  }

  async function head(withinMs = 5_000): Promise<IncomingMessage> {
    await until('an answer begins', () => response !== undefined || over, withinMs);
    if (response === undefined) throw new Error('the connection ended without an answer');
    return response;
  }

  const toText = (): string => Buffer.concat(chunks).toString();

  return {
    head,
    async read(text, withinMs = 5_000) {
      startReading(await head(withinMs));
      await until(`the client has read ${text}`, () => toText().includes(text), withinMs);
      return toText();
    },
    async end(withinMs = 10_000) {
      await until('an answer begins or the connection ends', () => response !== undefined || over, withinMs);
      if (response !== undefined) startReading(response);
      await within(withinMs, 'the end of the answer', ended);
      return {
        status: response?.statusCode ?? 0,
        headers: response?.headers ?? {},
        body: Buffer.concat(chunks),
        text: toText(),
        whole: response?.complete === true,
      };
    },
    leave: () => request.destroy(),
  };
}

/** A `tools/call` of this tool. */
export function openToolCall(port: number, tool = 'plain', id: string | number = 1): OpenCall {
  return openCall({ port, method: 'tools/call', params: { name: tool, arguments: {} }, name: tool, id });
}

/** The error of an answer, for assertions. */
export function toError(ended: { readonly text: string }): { code: number; data: { reason: string } } {
  return (JSON.parse(ended.text) as { error: { code: number; data: { reason: string } } }).error;
}
