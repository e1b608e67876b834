// Tracing as the tests of this folder start it, and records of requests as the gateway would have made them.
import { randomFillSync } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { RequestRecord } from '../../../../gateway/exchange.ts';
import { METHODS } from '../../../../gateway/mcp/methods.ts';
import { makeTracing } from '../../../../gateway/observe/traces/make-tracing.ts';
import type { IncomingContext, Tracing } from '../../../../gateway/observe/traces/tracing.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../../support/otlp-receiver.ts';

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const SPAN = '00f067aa0ba902b7';
export const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

export interface TestTracing {
  readonly tracing: Tracing;
  readonly receiver: OtlpReceiver;
  /** Spans told of so far, by outcome. */
  readonly exports: { exported: number; failed: number };
}

/** Tracing with a collector of its own; both end with the test. */
export async function startTracing(t: TestContext, sample: number): Promise<TestTracing> {
  const receiver = await startOtlpReceiver();
  const exports = { exported: 0, failed: 0 };
  const tracing = await makeTracing(
    { otlp: receiver.url, sample, headers: new Map([['x-collector-key', 'secret']]) },
    {
      nowMs: () => performance.now(),
      fillRandom: (bytes) => {
        randomFillSync(bytes);
      },
      version: '1.2.3',
      seed: 'seed',
      isKnownTool: (_endpoint, tool) => tool.startsWith('known'),
      isKnownPrompt: () => false,
      onExport: (outcome, spans) => {
        exports[outcome] += spans;
      },
    },
  );
  if (tracing === undefined) throw new Error('tracing is off');
  t.after(async () => {
    await tracing.close();
    await receiver.close();
  });
  return { tracing, receiver, exports };
}

export function toIncoming(context: Partial<IncomingContext> = {}): IncomingContext {
  return {
    traceparent: undefined,
    tracestate: undefined,
    metaTraceparent: undefined,
    metaTracestate: undefined,
    ...context,
  };
}

/** The record of a request that a server answered. */
export function makeRecord(changes: Partial<RequestRecord> = {}, name = 'known_tool'): RequestRecord {
  return {
    requestId: 'request-1',
    startedMs: performance.now(),
    startedEpochMs: Date.now(),
    address: '192.0.2.1',
    endpoint: '/mcp',
    envelope: { method: METHODS.get('tools/call'), id: 7, idLiteral: '7', version: '2026-07-28', name },
    principal: undefined,
    decision: { outcome: 'allowed', rule: 'everyone', policy: '0011223344556677' },
    quotaRule: undefined,
    upstream: 'fleet',
    tool: name,
    upstreamMs: 1,
    trace: undefined,
    answer: { ending: 'answered', status: 200, upstream: 'fleet', instance: 0 },
    refusal: undefined,
    ...changes,
  } as unknown as RequestRecord;
}
