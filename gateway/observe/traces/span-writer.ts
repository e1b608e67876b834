// The one file that runs OpenTelemetry: turns finished traces into spans and sends them to a collector. Loaded only where traces are on.
import {
  trace as api,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK, resources } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../../mcp/trace-context.ts';
import type { FinishedAttempt, FinishedTrace } from './recorded-trace.ts';
import { type KnownNames, toAttemptAttributes, toServerAttributes, toSpanName } from './span-attributes.ts';

export interface WriterSettings {
  /** URL of an OTLP/HTTP collector, with or without `/v1/traces`. */
  readonly otlp: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly version: string;
}

export interface WriterDeps extends KnownNames {
  /** Told of each batch the collector took or did not. */
  readonly onExport: (outcome: 'exported' | 'failed', spans: number) => void;
}

export interface SpanWriter {
  write(trace: FinishedTrace): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const SERVICE = 'tollgate';
const PATH = '/v1/traces';
/** A collector that does not answer must not fill the memory: spans beyond this are lost. */
const MAX_QUEUED_SPANS = 4096;
const MAX_BATCH_SPANS = 512;
const SEND_EVERY_MS = 1000;
const SEND_TIMEOUT_MS = 3000;

/** Starts the SDK: no instrumentation, no context manager, no propagators, no metrics; only spans that are written here. */
export function startSpanWriter(settings: WriterSettings, deps: WriterDeps): SpanWriter {
  const ids = new PresetIds();
  const exporter = new OTLPTraceExporter({
    url: toTracesUrl(settings.otlp),
    headers: Object.fromEntries(settings.headers),
    timeoutMillis: SEND_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor({
    exporter: watchExports(exporter, deps.onExport),
    maxQueueSize: MAX_QUEUED_SPANS,
    maxExportBatchSize: MAX_BATCH_SPANS,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: SEND_TIMEOUT_MS,
  });
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({ 'service.name': SERVICE, 'service.version': settings.version }),
    resourceDetectors: [resources.envDetector],
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    textMapPropagator: null,
  });
  sdk.start();
  const tracer = api.getTracer(SERVICE, settings.version);
  return {
    write: (finished) => writeTrace(tracer, ids, deps, finished),
    flush: () => processor.forceFlush().catch(ignoreFailure),
    async close() {
      await sdk.shutdown().catch(ignoreFailure);
      api.disable();
    },
  };
}

function toTracesUrl(otlp: string): string {
  const url = new URL(otlp);
  if (!url.pathname.endsWith(PATH)) url.pathname = url.pathname.replace(/\/$/, '') + PATH;
  return url.href;
}

/** A collector that is away is counted by `watchExports`. */
function ignoreFailure(): void {}

function watchExports(exporter: SpanExporter, onExport: WriterDeps['onExport']): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        onExport(result.error === undefined ? 'exported' : 'failed', spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** The SDK asks for ids when a span starts; ours are already on the wire by then. */
class PresetIds {
  traceId = '';
  spanId = '';
  generateTraceId = (): string => this.traceId;
  generateSpanId = (): string => this.spanId;

  preset(traceId: string, spanId: string): void {
    this.traceId = traceId;
    this.spanId = spanId;
  }
}

function writeTrace(tracer: Tracer, ids: PresetIds, known: KnownNames, finished: FinishedTrace): void {
  const { note, parent, startMs, endMs, events, attempts, record } = finished;
  const name = toSpanName(record, known);
  ids.preset(note.traceId, note.spanId);
  const attributes = toServerAttributes(record);
  const span = tracer.startSpan(
    name,
    {
      kind: SpanKind.SERVER,
      startTime: startMs,
      attributes,
      links: parent.link === undefined ? [] : [{ context: toSpanContext(parent.link) }],
    },
    parent.context === undefined ? ROOT_CONTEXT : toContext(parent.context, parent.tracestate),
  );
  for (const event of events) span.addEvent(event.name, event.epochMs);
  if ('error.type' in attributes) {
    const message = record.refusal?.row.words;
    span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
  }
  span.end(endMs);
  const below = api.setSpan(ROOT_CONTEXT, span);
  for (const attempt of attempts) writeAttempt(tracer, ids, below, { name, attempt, finished });
}

function writeAttempt(
  tracer: Tracer,
  ids: PresetIds,
  below: Context,
  { name, attempt, finished }: { name: string; attempt: FinishedAttempt; finished: FinishedTrace },
): void {
  ids.preset(finished.note.traceId, attempt.spanId);
  const attributes = toAttemptAttributes(finished.record, attempt);
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: attempt.startMs, attributes }, below);
  if ('error.type' in attributes) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(attempt.endMs);
}

function toSpanContext({ traceId, parentId, sampled }: TraceContext) {
  return { traceId, spanId: parentId, traceFlags: sampled ? 1 : 0, isRemote: true };
}

function toContext(parent: TraceContext, tracestate: string | undefined): Context {
  const traceState = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  return api.setSpanContext(ROOT_CONTEXT, { ...toSpanContext(parent), ...traceState });
}
