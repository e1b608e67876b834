// Writes the fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4).
import type { Meter } from './meter.ts';
import type { QuotaLease } from './quota-lease.ts';
import type { Claim, Take } from './quota-store.ts';

export type RateFields = Readonly<Record<string, string>>;

/**
 * A rate is told as what it admits at once, and the time in which that comes back: `q` requests within `w` seconds. `r` of them are
 * there now, and `t` seconds pass until there is one more. Tasks have no unit in the draft and are not told.
 *
 * @returns undefined when no rule that is told applies, or nobody wanted to know
 */
export function toRateFields({ claim, levels }: QuotaLease): RateFields | undefined {
  if (levels === undefined || claim.plain === 0 || levels.length < claim.plain) return undefined;
  let policies = POLICIES.get(claim.takes);
  if (policies === undefined) POLICIES.set(claim.takes, (policies = toPolicies(claim)));
  const limits: string[] = [];
  for (let i = 0; i < claim.plain; i++) limits.push(toLimit((claim.takes[i] as Take).meter, levels[i] as number));
  return { RateLimit: limits.join(', '), 'RateLimit-Policy': policies };
}

/** Policies stay the same for a caller, as long as names and addresses do not decide. */
const POLICIES = new WeakMap<readonly Take[], string>();

function toPolicies({ takes, plain }: Claim): string {
  return takes
    .slice(0, plain)
    .map(({ meter }) => toPolicy(meter))
    .join(', ');
}

function toPolicy(meter: Meter): string {
  if (meter.isCount) return `${meter.label};q=${meter.limit};qu="concurrent-requests"`;
  return `${meter.label};q=${meter.limit};w=${Math.max(1, toSeconds(meter.rate.burstUs))}`;
}

function toLimit(meter: Meter, level: number): string {
  if (meter.isCount) return `${meter.label};r=${Math.max(meter.limit - level, 0)}`;
  const { intervalUs, burstUs } = meter.rate;
  const left = Math.floor((burstUs - level) / intervalUs);
  const item = `${meter.label};r=${left}`;
  return level === 0 ? item : `${item};t=${toSeconds(level - (burstUs - (left + 1) * intervalUs))}`;
}

function toSeconds(us: number): number {
  return Math.ceil(us / 1_000_000);
}
