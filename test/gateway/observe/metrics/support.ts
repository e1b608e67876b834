// Metrics as the tests of this folder count them, and a reader of what a scrape says.
import type { RequestRecord } from '../../../../gateway/exchange.ts';
import { METHODS } from '../../../../gateway/mcp/methods.ts';
import { type MetricSources, Metrics } from '../../../../gateway/observe/metrics.ts';
import { type MetricReader, readMetrics } from '../../../through/support/read-metrics.ts';

export const EPOCH_MS = 1_700_000_000_000;

export function makeMetrics(sources: Partial<MetricSources> = {}): Metrics {
  return new Metrics(
    { instances: () => [], inFlight: () => 0, configDigest: () => 'digest', ...sources },
    { epochMs: () => EPOCH_MS, nowMs: () => performance.now() },
  );
}

export async function scrape(metrics: Metrics): Promise<MetricReader> {
  return readMetrics((await metrics.render(undefined)).body);
}

/** The record of a call of this tool that a server answered after one millisecond. */
export function makeRecord(changes: Partial<RequestRecord> = {}, name = 'get_forecast'): RequestRecord {
  return {
    requestId: 'r',
    startedMs: 0,
    startedEpochMs: EPOCH_MS,
    address: '192.0.2.1',
    endpoint: '/mcp',
    envelope: { method: METHODS.get('tools/call'), id: 1, idLiteral: '1', version: '2026-07-28', name },
    principal: undefined,
    decision: undefined,
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
