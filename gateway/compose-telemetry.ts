// Opens the audit trail and starts traces as the configuration says, and joins them to requests.
import { randomBytes, randomFillSync } from 'node:crypto';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Enveloped, RequestRecord } from './exchange.ts';
import { findMetaTraceContext, readMetaText } from './mcp/meta-trace-context.ts';
import { type AuditDeps, type AuditTrail, makeAuditTrail } from './observe/audit/audit-trail.ts';
import { makeArgumentPicker } from './observe/audit/pick-arguments.ts';
import { toProcessFile } from './observe/audit/process-file.ts';
import { makeTracing, type TracingDeps } from './observe/traces/make-tracing.ts';
import type { IncomingContext, Tracing } from './observe/traces/tracing.ts';
import { startTimer } from './upstream/start-timer.ts';
import { readVersion } from './version.ts';

/** @throws Error when the file cannot be opened, or the key for checkpoints is none */
export function openAudit(
  { telemetry }: GatewayConfig,
  worker: number,
  hooks: Pick<AuditDeps, 'onWritten' | 'onDropped' | 'onFailure'>,
): AuditTrail | undefined {
  const { audit } = telemetry;
  if (audit === undefined) return undefined;
  const to = audit.to === 'stdout' ? audit.to : { file: toProcessFile(audit.to.file, worker) };
  return makeAuditTrail(
    { ...audit, to },
    { process: String(worker), nowEpochMs: Date.now, startTimer, random: randomBytes, ...hooks },
  );
}

/** Loads OpenTelemetry, where traces are configured. */
export function startTracing(
  config: GatewayConfig,
  hooks: Pick<TracingDeps, 'isKnownTool' | 'isKnownPrompt' | 'onExport'>,
): Promise<Tracing | undefined> {
  return makeTracing(config.telemetry.traces, {
    nowMs: () => performance.now(),
    fillRandom: (bytes) => randomFillSync(bytes),
    version: readVersion(),
    // Shared by all replicas, and nothing a client knows.
    seed: config.digest,
    ...hooks,
  });
}

/** Makes what remembers of an opened request what traces and the audit trail want to know. */
export function makeNote(
  { telemetry }: GatewayConfig,
  tracing: () => Tracing | undefined,
): (request: Enveloped, record: RequestRecord) => void {
  const pick = makeArgumentPicker(telemetry.audit?.arguments ?? []);
  return ({ envelope, body, headers }, record) => {
    if (envelope.method.name === 'tools/call') record.tool = envelope.name;
    record.auditedArguments = pick?.(envelope, body);
    const current = tracing();
    if (current === undefined) return;
    const found = findMetaTraceContext(body, envelope.metaStart);
    beginTrace(current, record, {
      traceparent: headers.traceparent,
      tracestate: headers.tracestate,
      metaTraceparent: readMetaText(body, found.traceparent),
      metaTracestate: readMetaText(body, found.tracestate),
    });
  };
}

const NO_CONTEXT: IncomingContext = {
  traceparent: undefined,
  tracestate: undefined,
  metaTraceparent: undefined,
  metaTracestate: undefined,
};

/** Ends the span of a request; one that was refused before its envelope was opened has a trace of its own. */
export function endTrace(tracing: Tracing | undefined, record: RequestRecord): void {
  if (tracing !== undefined && record.span === undefined) beginTrace(tracing, record, NO_CONTEXT);
  record.span?.end(record);
}

function beginTrace(tracing: Tracing, record: RequestRecord, incoming: IncomingContext): void {
  record.span = tracing.begin(incoming, record);
  record.trace = record.span.note;
}
