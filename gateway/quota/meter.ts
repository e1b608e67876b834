// One thing a rule counts: requests or task starts over time, or requests or tasks alive at once.
import { type Rate, toRate } from './gcra.ts';
import type { OnStoreFailure, QuotaRule } from './quota-settings.ts';

/** What a meter counts: `rate` and `start` over time, `concurrent` and `live` at once. */
export type MeterPart = 'rate' | 'concurrent' | 'start' | 'live';

/** Every field is there in every meter, so that the hot path sees one shape. */
export interface Meter {
  /** The id of its rule. */
  readonly rule: string;
  readonly part: MeterPart;
  /** True for `concurrent` and `live`: what is taken is given back. */
  readonly isCount: boolean;
  /** Unique among all meters; counters are kept under it. */
  readonly id: string;
  /** Its place among the meters of its configuration. */
  readonly index: number;
  readonly rate: Rate;
  /** Most at once; for rates, the burst. */
  readonly limit: number;
  /** A task beyond the limit is refused the right to be a task, not the right to be called. */
  readonly isInline: boolean;
  readonly longestLifeUs: number;
  readonly onStoreFailure: OnStoreFailure;
  /** What callers are told it is called: a String of a structured field (RFC 9651, 3.3.3). */
  readonly label: string;
}

const NO_RATE: Rate = { intervalUs: 0, burstUs: 0 };

/** @param firstIndex the index of the first of these meters */
export function toMeters(rule: QuotaRule<unknown>, firstIndex: number): readonly Meter[] {
  const { rate, burst, concurrent, tasks } = rule;
  const base = {
    rule: rule.id,
    isInline: tasks?.overLimit === 'inline',
    longestLifeUs: (tasks?.longestLifeMs ?? 0) * 1000,
    onStoreFailure: rule.onStoreFailure,
  };
  const meters: Meter[] = [];
  const add = (part: MeterPart, limit: number, rate: Rate = NO_RATE): void => {
    const index = firstIndex + meters.length;
    const id = JSON.stringify([rule.id, part]);
    const isInline = base.isInline && isTaskPart(part);
    const label = toLabel(part === 'concurrent' ? `${rule.id}:concurrent` : rule.id);
    meters.push({ ...base, part, isCount: rate === NO_RATE, id, index, rate, limit, isInline, label });
  };
  if (rate !== undefined) addRate('rate', rate.count, rate.periodMs, burst ?? rate.count);
  if (concurrent !== undefined) add('concurrent', concurrent);
  if (tasks?.start !== undefined) addRate('start', tasks.start.count, tasks.start.periodMs, tasks.start.count);
  if (tasks?.live !== undefined) add('live', tasks.live);
  return meters;

  function addRate(part: MeterPart, count: number, periodMs: number, burst: number): void {
    const compiled = toRate(count, periodMs, burst);
    add(part, compiled.burstUs / compiled.intervalUs, compiled);
  }
}

/** Visible ASCII in quotes, with quotes and backslashes escaped. */
function toLabel(name: string): string {
  return `"${name.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}

/** True for what is only taken by a call that may become a task. */
export function isTaskPart(part: MeterPart): boolean {
  return part === 'start' || part === 'live';
}
