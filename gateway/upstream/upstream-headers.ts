// The headers an upstream gets: an allow-list, each built again; nothing else of the client's header block goes on.
import type { Envelope } from '../mcp/envelope.ts';
import { encodeFieldValue } from '../mcp/header-value.ts';
import type { MirroredHeaders } from '../mcp/mirrored-headers.ts';

const ACCEPT = 'application/json, text/event-stream';
/** version 00 of W3C Trace Context; anything else is not passed on. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const VISIBLE = /^[\x20-\x7e]{1,512}$/;

/**
 * @param host the value of `Host`
 * @param upstreamName what `Mcp-Name` says where that is not what the client sent
 * @returns names and values in turn, for undici
 */
export function toUpstreamHeaders(
  headers: MirroredHeaders,
  envelope: Envelope,
  host: string,
  upstreamName: string | undefined,
): string[] {
  const out = [
    'host',
    host,
    'content-type',
    'application/json',
    'accept',
    ACCEPT,
    'mcp-protocol-version',
    envelope.version,
    'mcp-method',
    envelope.method.name,
  ];
  if (upstreamName !== undefined) out.push('mcp-name', encodeFieldValue(upstreamName));
  else if (typeof headers.name === 'string') out.push('mcp-name', headers.name);
  for (const param of headers.params) out.push(param.name, param.value);
  const { traceparent, tracestate } = headers;
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) {
    out.push('traceparent', traceparent);
    if (tracestate !== undefined && VISIBLE.test(tracestate)) out.push('tracestate', tracestate);
  }
  return out;
}
