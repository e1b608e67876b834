// Finds the span a request belongs under, in the context that came with it.
import { parseTraceparent, parseTracestate, type TraceContext } from '../../mcp/trace-context.ts';
import type { IncomingContext } from './tracing.ts';

export interface Parent {
  /** undefined: a new trace begins. */
  readonly context: TraceContext | undefined;
  /** Of the same place as `context`. */
  readonly tracestate: string | undefined;
  /** The context of the HTTP request, where another one is the parent. */
  readonly link: TraceContext | undefined;
}

const NO_PARENT: Parent = { context: undefined, tracestate: undefined, link: undefined };

/**
 * The context in `params._meta` speaks of this message and wins; the headers speak of the HTTP request that carries it, which
 * a proxy on the way may have rewritten, and are linked (SEP-414; OpenTelemetry's conventions for MCP). A malformed context
 * is as good as absent.
 */
export function findParent(incoming: IncomingContext): Parent {
  const { traceparent, tracestate, metaTraceparent, metaTracestate } = incoming;
  const ofHttp = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const ofMeta = metaTraceparent === undefined ? undefined : parseTraceparent(metaTraceparent);
  if (ofMeta === undefined) {
    if (ofHttp === undefined) return NO_PARENT;
    return { context: ofHttp, tracestate: readState(tracestate), link: undefined };
  }
  const isSame = ofHttp?.parentId === ofMeta.parentId && ofHttp.traceId === ofMeta.traceId;
  return { context: ofMeta, tracestate: readState(metaTracestate), link: isSame ? undefined : ofHttp };
}

function readState(text: string | undefined): string | undefined {
  return text === undefined ? undefined : parseTracestate(text);
}
