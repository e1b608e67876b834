// Asks one instance whether it is alive, with the smallest request every MCP server must answer: server/discover.
import type { IncomingHttpHeaders } from 'node:http';
import { SUPPORTED_VERSIONS } from '../mcp/methods.ts';
import type { Instance } from './instance.ts';
import { isRpcAnswer } from './is-rpc-answer.ts';
import type { StartTimer } from './start-timer.ts';

const [VERSION = ''] = SUPPORTED_VERSIONS;
const ID = 'tollgate-health';
const META = 'io.modelcontextprotocol';
const REQUEST = JSON.stringify({
  jsonrpc: '2.0',
  id: ID,
  method: 'server/discover',
  params: {
    _meta: {
      [`${META}/protocolVersion`]: VERSION,
      [`${META}/clientCapabilities`]: {},
      [`${META}/clientInfo`]: { name: 'tollgate', version: '1' },
    },
  },
});
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': VERSION,
  'mcp-method': 'server/discover',
  'user-agent': 'tollgate',
};
/** An answer larger than this is read no further and counts as failed. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** It refuses us, and is alive to do so: checks carry no credential, and may be counted by a rate limit. */
const ALIVE_WHATEVER_IT_SAYS: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * True when the instance answers within `timeoutMs`: 200 or a status from 400 to 499, with a JSON-RPC response to our
 * id or without one, as JSON or as an event stream; or 401, 403, 429 with anything. Never rejects.
 */
export async function probe(instance: Instance, timeoutMs: number, startTimer: StartTimer): Promise<boolean> {
  const deadline = new AbortController();
  const cancel = startTimer(timeoutMs, () => deadline.abort());
  try {
    const { statusCode, headers, body } = await instance.calls.request({
      path: instance.path,
      method: 'POST',
      headers: { ...HEADERS, host: instance.hostHeader },
      body: REQUEST,
      signal: deadline.signal,
      // Ours is the deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const isAlive = ALIVE_WHATEVER_IT_SAYS.has(statusCode);
    const mayAnswer = statusCode === 200 || (statusCode >= 400 && statusCode < 500);
    if (mayAnswer && !isAlive) return await findAnswer(body, getMediaType(headers));
    // Read to its end, so that the connection can be used again.
    await body.dump({ limit: MAX_ANSWER_BYTES });
    return isAlive;
  } catch {
    return false;
  } finally {
    cancel();
  }
}

/** Reads until the answer is there: a stream may be slow to end, and what comes after the answer says nothing. */
async function findAnswer(body: AsyncIterable<Buffer>, mediaType: string): Promise<boolean> {
  const isStream = mediaType === 'text/event-stream';
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) return false;
    text += decoder.decode(chunk, { stream: true });
    if (isStream && hasAnswerEvent(text)) return true;
  }
  return !isStream && isRpcAnswer(text, ID);
}

/** Looks at `data:` lines alone: a response never spans two, for JSON from a server has no line breaks of its own. */
function hasAnswerEvent(text: string): boolean {
  const lines = text.split(/\r\n|\r|\n/);
  // The last piece may be half a line.
  lines.pop();
  return lines.some((line) => line.startsWith('data:') && isRpcAnswer(line.slice('data:'.length), ID));
}

function getMediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
