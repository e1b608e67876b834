// Starts tracing where it is configured; where it is not, nothing of OpenTelemetry is even loaded.
import type { RequestTrace } from '../../exchange.ts';
import { findParent } from './find-parent.ts';
import { QuietTrace } from './quiet-trace.ts';
import { RecordedTrace, type RecordingDeps } from './recorded-trace.ts';
import { makeSampler } from './sampler.ts';
import type { KnownNames } from './span-attributes.ts';
import { SpanIds } from './span-ids.ts';
import type { IncomingContext, Start, Tracing } from './tracing.ts';

export interface TracingSettings {
  /** URL of an OTLP/HTTP collector, without `/v1/traces`. */
  readonly otlp: string;
  /** The fraction of traces that is recorded, from 0 to 1. */
  readonly sample: number;
  /** Sent with every export; the values are secrets. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface TracingDeps extends KnownNames {
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** Overwrites bytes with random ones. */
  readonly fillRandom: (bytes: Buffer) => void;
  /** Of the gateway. */
  readonly version: string;
  /** The same for all replicas and workers, and not known to clients: it decides with the trace id what is recorded. */
  readonly seed: string;
  readonly onExport: (outcome: 'exported' | 'failed', spans: number) => void;
}

/** @returns undefined when traces are off; the collector need not be there yet */
export async function makeTracing(
  settings: TracingSettings | undefined,
  deps: TracingDeps,
): Promise<Tracing | undefined> {
  if (settings === undefined) return undefined;
  const { startSpanWriter } = await import('./span-writer.ts');
  const ids = new SpanIds(deps.fillRandom);
  const makeSpanId = (): string => ids.makeSpanId();
  const isSampled = makeSampler(settings.sample, deps.seed);
  const { isKnownTool, isKnownPrompt, onExport, version } = deps;
  const writer = startSpanWriter(
    { otlp: settings.otlp, headers: settings.headers, version },
    { isKnownTool, isKnownPrompt, onExport },
  );
  const recording: RecordingDeps = { nowMs: deps.nowMs, makeSpanId, finish: (trace) => writer.write(trace) };
  return {
    begin(incoming: IncomingContext, start: Start): RequestTrace {
      const parent = findParent(incoming);
      const traceId = parent.context?.traceId ?? ids.makeTraceId();
      const spanId = makeSpanId();
      return isSampled(traceId)
        ? new RecordedTrace({ traceId, spanId, sampled: true }, parent, start, recording)
        : new QuietTrace(traceId, spanId, parent.tracestate);
    },
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}
