// Writes the requests the gateway makes on its own behalf, as any MCP client would.
import { SUPPORTED_VERSIONS } from '../mcp/methods.ts';

const [VERSION = ''] = SUPPORTED_VERSIONS;
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'tollgate', version: '1' },
};

export function toOwnBody(id: string, method: string, params: object): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } }));
}

/**
 * @param host the value of `Host`
 * @param proof what proves the gateway to the upstream: names and values in turn
 * @returns names and values in turn
 */
export function toOwnHeaders(method: string, host: string, proof: readonly string[]): string[] {
  return [
    'host',
    host,
    'content-type',
    'application/json',
    'accept',
    'application/json, text/event-stream',
    'mcp-protocol-version',
    VERSION,
    'mcp-method',
    method,
    'user-agent',
    'tollgate',
    ...proof,
  ];
}
