// Refuses a request that found no room, in the words of REFUSAL kinds: what is full, and when to come back.
import { type RefusalDetail, type RefusalKind, refuse } from '../refusal.ts';
import type { MeterPart } from './meter.ts';
import type { Shortfall } from './quota-store.ts';
import type { RateFields } from './rate-fields.ts';

const KINDS = {
  rate: 'rate_limited',
  start: 'too_many_tasks',
  concurrent: 'too_many_concurrent',
  live: 'too_many_tasks',
} as const satisfies Record<MeterPart, RefusalKind>;

/** @throws Refusal rate_limited, too_many_concurrent, too_many_tasks or polled_too_soon */
export function refuseShortfall(shortfall: Shortfall, idLiteral: string | undefined, headers?: RateFields): never {
  const { take, waitUs, live } = shortfall;
  const retryAfterMs = Math.max(1, Math.ceil(waitUs / 1000));
  if (take === undefined) {
    const pollIntervalMs = Math.ceil(shortfall.pollEveryUs / 1000);
    const data = { limit: 1, retryAfterMs, pollIntervalMs };
    return refuse(
      'polled_too_soon',
      withHeaders({ ...toTimes(retryAfterMs), reason: 'poll', data }, headers),
      idLiteral,
    );
  }
  const { rule, part, limit } = take.meter;
  const data = part === 'live' ? { limit, live, retryAfterMs } : { limit, retryAfterMs };
  const detail = { ...toTimes(retryAfterMs), reason: part, quotaRule: rule, data };
  return refuse(KINDS[part], withHeaders(detail, headers), idLiteral);
}

/** @throws Refusal rate_limited, for an address that was turned away a moment ago */
export function refuseBlocked(rule: string, limit: number, retryAfterMs: number): never {
  const data = { limit, retryAfterMs };
  return refuse('rate_limited', { ...toTimes(retryAfterMs), reason: 'blocked', quotaRule: rule, data });
}

/** @throws Refusal quota_unavailable: the store is down, and a rule says no then */
export function refuseUnchecked(rule: string, idLiteral: string | undefined): never {
  return refuse('quota_unavailable', { reason: 'store', quotaRule: rule, retryAfterS: 1 }, idLiteral);
}

function toTimes(retryAfterMs: number): { readonly retryAfterS: number } {
  return { retryAfterS: Math.ceil(retryAfterMs / 1000) };
}

function withHeaders(detail: RefusalDetail, headers: RateFields | undefined): RefusalDetail {
  return headers === undefined ? detail : { ...detail, headers };
}
