// Sends one MCP request the plain way, with fetch, and reads its answer whether it comes as JSON or as a stream.
import { encodeFieldValue } from '../mcp/header-value.ts';

export interface McpCall {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Added to the mirrored headers, or put in their place. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One JSON-RPC message, loosely typed: callers look at what they expect. */
export interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
}

export interface McpOutcome {
  readonly status: number;
  /** The header `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** Notifications in order, then the response. */
  readonly messages: readonly Message[];
  /** The response: the last message. */
  readonly response: Message;
}

const VERSION = '2026-07-28';

/** The body of a call, with the `_meta` each request must carry. */
export function toBody({ method, params = {}, capabilities = {} }: McpCall, id: number | string): string {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'tollgate-demo', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const { _meta: more, ...rest } = params;
  return JSON.stringify({ jsonrpc: '2.0', id, method, params: { _meta: { ...meta, ...(more as object) }, ...rest } });
}

/** The headers of a call, mirroring its body. */
export function toMirroredHeaders({ method, params = {}, headers = {} }: McpCall): Record<string, string> {
  const name = params.taskId ?? params.uri ?? params.name;
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': VERSION,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': encodeFieldValue(name) }),
    ...headers,
  };
}

/** The same call, from whoever the token speaks for. */
export function withToken(call: McpCall, token: string): McpCall {
  return { ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } };
}

let lastId = 0;

/** Calls and waits for the whole answer. */
export async function callMcp(url: string, call: McpCall, signal?: AbortSignal): Promise<McpOutcome> {
  const body = toBody(call, ++lastId);
  const response = await fetch(url, {
    method: 'POST',
    headers: toMirroredHeaders(call),
    body,
    signal: signal ?? AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const messages = isStream ? readEvents(text) : [JSON.parse(text) as Message];
  const challenge = response.headers.get('www-authenticate') ?? undefined;
  return { status: response.status, challenge, messages, response: messages.at(-1) ?? {} };
}

/** The messages of a finished stream. */
function readEvents(text: string): Message[] {
  return text
    .split(/\r?\n\r?\n/)
    .map((block) => /^data: (.*)$/m.exec(block)?.[1])
    .filter((data) => data !== undefined)
    .map((data) => JSON.parse(data) as Message);
}

/** The same call as a line for a shell. */
export function toCurl(url: string, call: McpCall): string {
  const headers = Object.entries(toMirroredHeaders(call)).map(([name, value]) => `-H '${name}: ${value}'`);
  return `curl -sS ${url} ${headers.join(' ')} -d '${toBody(call, 1)}'`;
}
