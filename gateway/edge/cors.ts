// Cross-origin resource sharing for the browser origins the configuration names; without any, no CORS header exists.
import type { OutgoingHeaders } from '../exchange.ts';

const ALLOWED_HEADERS =
  'Accept, Authorization, Content-Type, Mcp-Method, Mcp-Name, MCP-Protocol-Version, Traceparent, Tracestate';
const PARAM_HEADER = /^mcp-param-[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/;
const NONE: OutgoingHeaders = {};

/** Headers every answer to an allowed origin carries. */
export function toCorsHeaders(origin: string | undefined): OutgoingHeaders {
  if (origin === undefined) return NONE;
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
    vary: 'Origin',
  };
}

/**
 * What the answer to a preflight carries besides `toCorsHeaders` (Fetch standard, "CORS-preflight request").
 *
 * @param requested the value of `Access-Control-Request-Headers`; only `Mcp-Param-*` names in it are repeated
 */
export function toPreflightHeaders(requested: string | undefined): OutgoingHeaders {
  const params = (requested ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => PARAM_HEADER.test(name));
  return {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': [ALLOWED_HEADERS, ...params.slice(0, 32)].join(', '),
    'access-control-max-age': '600',
  };
}
