// What must hold of a request before anyone asks who sent it: well-formed HTTP, our host, an allowed origin, JSON by POST.
import { isOversized, REPEATED } from '../mcp/mirrored-headers.ts';
import { refuse } from '../refusal.ts';
import type { WireHeaders } from './read-headers.ts';

export interface WireRules {
  /** Lower-case host names with or without port, or `any`. */
  readonly allowedHosts: ReadonlySet<string> | 'any';
  readonly allowedOrigins: ReadonlySet<string>;
  readonly maxBodyBytes: number;
}

/** A header that `Connection` names is for this hop alone (RFC 9110 section 7.6.1); one we act on cannot be. */
const NOMINATES = /(?:^|,)[ \t]*(?:mcp-|traceparent|tracestate|authorization|host|origin|content-|transfer-encoding)/;

/** No honest client comes near; servers behind the gateway give up at a hundred or a thousand. */
const MAX_HEADER_LINES = 256;

/**
 * Checks framing and size: what a proxy in front and a server behind might read in two ways is refused
 * (RFC 9112 sections 3.2 and 6; RFC 9110 section 7.2).
 *
 * @throws Refusal malformed_http, body_too_large, headers_too_large
 */
export function checkFraming(headers: WireHeaders, httpVersion: string, rules: WireRules): void {
  const { host, contentLength, transferEncoding } = headers;
  if (headers.lines > MAX_HEADER_LINES) refuse('headers_too_large', { reason: 'lines' });
  if (host === undefined || host === REPEATED || host === '') refuse('malformed_http', { reason: 'host' });
  if (headers.connection !== '' && NOMINATES.test(headers.connection))
    refuse('malformed_http', { reason: 'connection' });
  if (contentLength === REPEATED || transferEncoding === REPEATED) refuse('malformed_http', { reason: 'framing' });
  if (transferEncoding !== undefined && (transferEncoding.toLowerCase() !== 'chunked' || contentLength !== undefined)) {
    refuse('malformed_http', { reason: 'transfer_encoding' });
  }
  if (contentLength !== undefined && Number(contentLength) > rules.maxBodyBytes) refuse('body_too_large');
  if (isOversized(headers.version) || isOversized(headers.method) || isOversized(headers.name)) {
    refuse('headers_too_large', { reason: 'mirrored' });
  }
  for (const param of headers.params) if (isOversized(param.value)) refuse('headers_too_large', { reason: 'mirrored' });
  if (httpVersion !== '1.1') refuse('malformed_http', { reason: 'version' });
}

/**
 * Checks that the request was meant for us (RFC 9110 section 7.2).
 *
 * @throws Refusal host_not_allowed
 */
export function checkHost(headers: WireHeaders, rules: WireRules): void {
  if (rules.allowedHosts === 'any') return;
  const host = String(headers.host).toLowerCase();
  if (!rules.allowedHosts.has(host) && !rules.allowedHosts.has(withoutPort(host))) refuse('host_not_allowed');
}

/**
 * Checks that the request was meant for us and, when a browser sent it, that its page may call
 * (basic/transports/streamable-http, "Security & Endpoint": DNS rebinding).
 *
 * @throws Refusal host_not_allowed, origin_not_allowed
 */
export function checkSource(headers: WireHeaders, rules: WireRules): void {
  checkHost(headers, rules);
  const { origin } = headers;
  if (origin === undefined) return;
  if (origin === REPEATED || !(rules.allowedOrigins.has(origin) || isSameOrigin(origin, headers, rules))) {
    refuse('origin_not_allowed');
  }
}

/** A page of the very host it calls crosses no origin; a rebound name is no such host, because hosts are checked first. */
function isSameOrigin(origin: string, headers: WireHeaders, rules: WireRules): boolean {
  if (rules.allowedHosts === 'any') return false;
  const host = String(headers.host).toLowerCase();
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * Checks that the body is JSON in UTF-8 as it stands.
 *
 * @throws Refusal unsupported_media
 */
export function checkMedia(headers: WireHeaders): void {
  if (headers.contentEncoding !== undefined) refuse('unsupported_media', { reason: 'encoding' });
  const type = headers.contentType;
  if (type === 'application/json') return;
  if (typeof type !== 'string' || !JSON_TYPE.test(type)) refuse('unsupported_media', { reason: 'type' });
}

/** `application/json`, with at most one parameter, which must be `charset=utf-8`. */
const JSON_TYPE = /^application\/json[ \t]{0,8}(?:;[ \t]{0,8}charset=(?:utf-8|"utf-8")[ \t]{0,8})?$/i;

const PORT = /:[0-9]{1,5}$/;

function withoutPort(host: string): string {
  return host.replace(PORT, '');
}
