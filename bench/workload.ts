// The bytes every row of the benchmark carries: one honest MCP request, and the answer to it.

export const ENDPOINT = '/mcp';
const VERSION = '2026-07-28';
const TOOL = 'get_weather';
const REQUEST_BYTES = 600;
const ANSWER_BYTES = 1024;

const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

/** A `tools/call` as it goes over the wire, head and body. */
export function toCallBytes(port: number): Buffer {
  const toBody = (note: string): string =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: TOOL, arguments: { city: 'Zürich', days: 3, units: 'metric', note }, _meta: META },
    });
  return toRequestBytes(port, 'tools/call', fill(toBody, REQUEST_BYTES), TOOL);
}

/** A `subscriptions/listen` as it goes over the wire. */
export function toListenBytes(port: number, id: number): Buffer {
  const params = { notifications: { toolsListChanged: true }, _meta: META };
  return toRequestBytes(
    port,
    'subscriptions/listen',
    JSON.stringify({ jsonrpc: '2.0', id, method: 'subscriptions/listen', params }),
  );
}

/** The JSON body that answers the call of `toCallBytes`. */
export const ANSWER: Buffer = Buffer.from(
  fill(
    (text) =>
      JSON.stringify({
        jsonrpc: '2.0',
        id: 7,
        result: {
          resultType: 'complete',
          content: [{ type: 'text', text }],
          structuredContent: {
            city: 'Zürich',
            days: [
              { high: 21.5, low: 12 },
              { high: 19, low: 11.25 },
              { high: 23, low: 14 },
            ],
          },
        },
      }),
    ANSWER_BYTES,
  ),
);

/** The event with which a server begins a listening stream. */
export function toAcknowledgement(id: number): string {
  const params = {
    notifications: { toolsListChanged: true },
    _meta: { 'io.modelcontextprotocol/subscriptionId': id },
  };
  return `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params })}\n\n`;
}

function toRequestBytes(port: number, method: string, body: string, name?: string): Buffer {
  const lines = [
    `POST ${ENDPOINT} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'User-Agent: tollgate-bench/1.0',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `MCP-Protocol-Version: ${VERSION}`,
    `Mcp-Method: ${method}`,
    ...(name === undefined ? [] : [`Mcp-Name: ${name}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Lengthens the text inside a JSON document until the document has this many bytes. */
function fill(toText: (filling: string) => string, bytes: number): string {
  const words = 'the quick brown fox jumps over the lazy dog and ';
  const missing = bytes - Buffer.byteLength(toText(''));
  return toText(words.repeat(Math.ceil(missing / words.length)).slice(0, missing));
}
