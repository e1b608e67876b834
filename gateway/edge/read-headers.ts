// Reads the header lines of one request in a single pass, so that every repetition is seen.

import { trimField } from '../mcp/header-value.ts';
import { addField, type Field, type MirroredHeaders, type ParamField } from '../mcp/mirrored-headers.ts';

/** The header lines the gateway acts on; all others stop here. */
export interface WireHeaders extends MirroredHeaders {
  /** How many header lines there were. */
  readonly lines: number;
  readonly host: Field;
  readonly origin: Field;
  /** All values of `Connection`, joined and in lower case. */
  readonly connection: string;
  readonly contentType: Field;
  readonly contentEncoding: Field;
  readonly contentLength: Field;
  readonly transferEncoding: Field;
  readonly authorization: readonly string[];
  /** All values of `X-Forwarded-For`, joined; believed only when a trusted proxy sent it. */
  readonly forwardedFor: string | undefined;
}

const PARAM_PREFIX = 'mcp-param-';
const NO_PARAMS: readonly ParamField[] = [];
const NO_TOKENS: readonly string[] = [];

/**
 * @param raw names and values in turn, as Node keeps them in `rawHeaders`; the joined view hides repeated lines
 */
export function readHeaders(raw: readonly string[]): WireHeaders {
  let host: Field;
  let connection = '';
  let origin: Field;
  let contentType: Field;
  let contentEncoding: Field;
  let contentLength: Field;
  let transferEncoding: Field;
  let version: Field;
  let method: Field;
  let name: Field;
  let traceparent: Field;
  let tracestate: Field;
  let forwardedFor: string | undefined;
  let params: ParamField[] | undefined;
  let authorization: string[] | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const written = raw[i] as string;
    const value = raw[i + 1] as string;
    const key = written.toLowerCase();
    switch (key) {
      case 'host':
        host = addField(host, value);
        break;
      case 'connection':
        connection = connection === '' ? value.toLowerCase() : `${connection},${value.toLowerCase()}`;
        break;
      case 'origin':
        origin = addField(origin, value);
        break;
      case 'content-type':
        contentType = addField(contentType, value);
        break;
      case 'content-encoding':
        contentEncoding = addField(contentEncoding, value);
        break;
      case 'content-length':
        contentLength = addField(contentLength, value);
        break;
      case 'transfer-encoding':
        transferEncoding = addField(transferEncoding, value);
        break;
      case 'authorization':
        (authorization ??= []).push(trimField(value));
        break;
      case 'mcp-protocol-version':
        version = addField(version, value);
        break;
      case 'mcp-method':
        method = addField(method, value);
        break;
      case 'mcp-name':
        name = addField(name, value);
        break;
      case 'traceparent':
        traceparent = addField(traceparent, value);
        break;
      case 'x-forwarded-for':
        forwardedFor = forwardedFor === undefined ? value : `${forwardedFor},${value}`;
        break;
      case 'tracestate':
        tracestate = addField(tracestate, value);
        break;
      default:
        if (key.startsWith(PARAM_PREFIX)) {
          (params ??= []).push({ key: key.slice(PARAM_PREFIX.length), name: written, value: trimField(value) });
        }
    }
  }
  return {
    lines: raw.length / 2,
    host,
    connection,
    origin,
    contentType,
    contentEncoding,
    contentLength,
    transferEncoding,
    version,
    method,
    name,
    params: params ?? NO_PARAMS,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
    authorization: authorization ?? NO_TOKENS,
    forwardedFor,
  };
}
