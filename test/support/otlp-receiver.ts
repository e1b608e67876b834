// A collector of traces on loopback: takes OTLP over HTTP in JSON and remembers the spans.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first span of a trace. */
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: ReadonlyMap<string, string | number>;
  readonly events: readonly string[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0: unset, 2: error. */
  readonly status: number;
}

export interface OtlpReceiver {
  /** What a configuration names. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Header blocks of the exports. */
  readonly headers: readonly NodeJS.Dict<string | string[]>[];
  /** From now on exports are answered with this status. */
  answer(status: number): void;
  close(): Promise<void>;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
}

interface RawSpan extends Omit<ReceivedSpan, 'attributes' | 'events' | 'status'> {
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[] }[];
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    headers.push(request.headers);
    const isExport = request.method === 'POST' && request.url === '/v1/traces';
    if (isExport && status === 200) {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Export;
      for (const { scopeSpans } of resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans.map(toSpan));
    }
    response.writeHead(isExport ? status : 404, { 'content-type': 'application/json' }).end('{}');
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    answer(next) {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function toSpan(raw: RawSpan): ReceivedSpan {
  return {
    ...raw,
    attributes: new Map(raw.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ''])),
    events: raw.events.map(({ name }) => name),
    status: raw.status.code ?? 0,
  };
}
