// The trace of a request that is not recorded: it only passes a context on.
import type { AttemptTrace, RequestTrace, TraceNote } from '../../exchange.ts';
import { formatTraceparent } from '../../mcp/trace-context.ts';

export class QuietTrace implements RequestTrace, AttemptTrace {
  readonly note: TraceNote;
  readonly traceparent: string;
  readonly tracestate: string | undefined;

  constructor(traceId: string, spanId: string, tracestate: string | undefined) {
    this.note = { traceId, spanId, sampled: false };
    this.traceparent = formatTraceparent(traceId, spanId, false);
    this.tracestate = tracestate;
  }

  event(): void {
    // Nobody will read it.
  }

  /** No span is made of an attempt either, so one id does for all. */
  beginAttempt(): AttemptTrace {
    return this;
  }

  end(): void {
    // Nothing was kept.
  }
}
