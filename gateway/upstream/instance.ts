// One server process behind the gateway: how to reach it, what it is busy with, and whether it may be used.
import type { buildConnector } from 'undici';
import { Pool } from 'undici';
import { makeConnector } from './make-connector.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/** `ejected`: traffic failed there. `unhealthy`: active checks fail there. Only `healthy` instances are picked. */
export type InstanceState = 'healthy' | 'ejected' | 'unhealthy';

/** How one request to an instance ended. `abandoned`: the client left first, which says nothing of the instance. */
export type Outcome = 'ok' | 'failed' | 'abandoned';

export interface InstancePlace {
  /** Where calls go, as configured. */
  readonly url: string;
  readonly index: number;
  /** The address to connect to in place of the URL's host name. */
  readonly address?: string;
}

/** Response headers larger than this break the request. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Just under the 5 s after which a Node server closes; a server that says otherwise in `Keep-Alive` is believed. */
const KEEP_ALIVE_MS = 4_000;

export class Instance {
  /** `scheme://host:port` of the URL. */
  readonly origin: string;
  /** Path and query of the URL, sent as the request target. */
  readonly path: string;
  /** For `Host`, on every dispatch: undici reopens a TLS connection when this header comes and goes. */
  readonly hostHeader: string;
  /** Stable while the instance lives, and small: a free number is used again. */
  readonly index: number;
  /** `host:port` as configured, or `address:port` as resolved. */
  readonly label: string;
  readonly calls: Pool;
  /** For `subscriptions/listen`: undici walks past all busy connections to find a free one, 100 us at 8,000. */
  readonly streams: Pool;

  /** Written by `health.ts` alone. */
  state: InstanceState = 'healthy';
  /** Written by `upstream.ts` and `health.ts` alone. */
  consecutiveFailures = 0;

  #inFlight = 0;
  #closing = false;
  #destroyed = false;
  readonly #closed = Promise.withResolvers<void>();

  constructor({ url, index, address }: InstancePlace, settings: Pick<UpstreamSettings, 'timeouts' | 'tls'>) {
    const at = new URL(url);
    const port = at.port === '' ? (at.protocol === 'https:' ? '443' : '80') : at.port;
    this.origin = at.origin;
    this.path = at.pathname + at.search;
    this.hostHeader = at.host;
    this.index = index;
    this.label = `${toHost(address ?? at.hostname)}:${port}`;
    const connect = makeConnector(at, address, settings);
    this.calls = makePool(at.origin, connect);
    this.streams = makePool(at.origin, connect);
  }

  /** Requests begun and not yet finished, streams included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** True once `close` or `destroy` was called: it takes no new requests and is no longer judged. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Counts a request in; in the same tick as it was picked, or a drain could close the pools in between. */
  begin(): void {
    this.#inFlight += 1;
  }

  /** Counts a request out; exactly once for each `begin`. */
  end(): void {
    this.#inFlight -= 1;
    if (this.#closing && this.#inFlight === 0) this.#closePools();
  }

  /** Lets what is in flight finish, however long it takes, then closes the connections. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      if (this.#inFlight === 0) this.#closePools();
    }
    return this.#closed.promise;
  }

  /** Breaks what is in flight: its handlers get `UND_ERR_DESTROYED`. */
  async destroy(): Promise<void> {
    this.#closing = true;
    this.#destroyed = true;
    await Promise.all([this.calls.destroy(), this.streams.destroy()]);
    this.#closed.resolve();
  }

  #closePools(): void {
    if (this.#destroyed) return;
    Promise.all([this.calls.close(), this.streams.close()]).then(() => this.#closed.resolve(), this.#closed.reject);
  }
}

/** As many connections as there are requests at once: HTTP/1.1, one request each, never queued behind another. */
function makePool(origin: string, connect: buildConnector.connector): Pool {
  return new Pool(origin, {
    connect,
    connections: null,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

function toHost(nameOrAddress: string): string {
  return nameOrAddress.includes(':') && !nameOrAddress.startsWith('[') ? `[${nameOrAddress}]` : nameOrAddress;
}
