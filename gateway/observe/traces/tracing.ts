// What the rest of the gateway sees of tracing: one trace per request, one attempt per instance that is tried.
import type { RequestRecord, TraceNote } from '../../exchange.ts';
import type { AttemptOutcome } from '../metrics-error-type.ts';

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

/** The server span of one request. */
export interface RequestTrace {
  readonly note: TraceNote;
  /** Notes the moment a stage was passed. @param stage a fixed word */
  event(stage: string): void;
  /** A request is about to go to an instance of this upstream. */
  beginAttempt(upstream: string): AttemptTrace;
  /** Once, when the request is over and its record is complete. */
  end(record: RequestRecord): void;
}

/** The client span of one attempt at an instance. */
export interface AttemptTrace {
  /** What goes upstream, in the headers and in `params._meta`. */
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  /** Once, when the attempt is over. @param instance the label of the one it went to */
  end(outcome: AttemptOutcome, instance: string): void;
}
