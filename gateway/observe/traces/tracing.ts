// What the rest of the gateway sees of tracing: one trace per request.
import type { RequestRecord, RequestTrace } from '../../exchange.ts';

/** The context that came with a request, both ways it can come; undefined when absent or repeated. */
export interface IncomingContext {
  /** Headers of the HTTP request. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Members of `params._meta`. */
  readonly metaTraceparent: string | undefined;
  readonly metaTracestate: string | undefined;
}

/** Both clocks at the first byte, as a request's record has them. */
export type Start = Pick<RequestRecord, 'startedMs' | 'startedEpochMs'>;

export interface Tracing {
  /** Takes up the trace a request belongs to, or starts one. */
  begin(incoming: IncomingContext, start: Start): RequestTrace;
  /** Sends what has ended to the collector; resolves when it took it, or did not. */
  flush(): Promise<void>;
  /** Sends the rest and stops; nothing is recorded afterwards. */
  close(): Promise<void>;
}
