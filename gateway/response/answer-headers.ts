// Which headers of an upstream's answer reach the client: none as they are; each is built again.
import type { OutgoingHeaders } from '../exchange.ts';

const JSON_HEADERS: OutgoingHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** An event stream must not be held back by a proxy on the way (streamable-http, "Receiving Messages"). */
export const STREAM_HEADERS: OutgoingHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

const SECONDS = /^[0-9]{1,9}$/;

/** @param retryAfter the upstream's `Retry-After`; only whole seconds are repeated */
export function toJsonHeaders(retryAfter: string | string[] | undefined): OutgoingHeaders {
  if (typeof retryAfter !== 'string' || !SECONDS.test(retryAfter)) return JSON_HEADERS;
  return { ...JSON_HEADERS, 'retry-after': retryAfter };
}
