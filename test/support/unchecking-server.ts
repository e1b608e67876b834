// Serves a careless MCP server that believes the body and never looks at a header: what a gateway has to make up for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { announceServer } from '../../gateway/demo/announce-server.ts';
import type { McpListener } from '../../gateway/demo/serve-mcp.ts';

interface Call {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, unknown>> };
}

const cacheable = { ttlMs: 0, cacheScope: 'public' } as const;
const region = { type: 'string', 'x-mcp-header': 'Region' };
const tools = [
  { name: 'plain', inputSchema: { type: 'object' } },
  { name: 'regional', inputSchema: { type: 'object', properties: { region } } },
];

/** The result a body asks for; `undefined` where the method is unknown. */
function findResult({ method, params }: Call): object | undefined {
  switch (method ?? '') {
    case 'server/discover':
      return { ...cacheable, supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
    case 'tools/list':
      return { ...cacheable, tools };
    case 'tools/call':
      return { content: [{ type: 'text', text: `${params?.name}: ${JSON.stringify(params?.arguments ?? {})}` }] };
    default:
      return undefined;
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', ...body }));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = (await json(request).catch(() => undefined)) as Call | undefined;
  if (call === undefined) return reply(response, 400, { error: { code: -32700, message: 'not JSON' } });
  const result = findResult(call);
  if (result === undefined) return reply(response, 404, { id: call.id, error: { code: -32601, message: 'unknown' } });
  return reply(response, 200, { id: call.id, result: { resultType: 'complete', ...result } });
}

/** Answers any request on any path. */
export async function startUncheckingServer({
  host = '127.0.0.1',
  port = 0,
  path = '/mcp',
} = {}): Promise<McpListener> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { host: { type: 'string' }, port: { type: 'string' } } });
  const { port, ...rest } = values;
  announceServer(await startUncheckingServer({ ...rest, port: Number(port ?? 0) }));
}
