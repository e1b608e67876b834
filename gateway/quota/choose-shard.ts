// Chooses by what counters are spread over a sharded store, so that all counters of one request stay together.
import type { QuotaSubject } from './quota-settings.ts';

interface Spread {
  readonly per: QuotaSubject;
  /** Empty when the rule counts no tasks. */
  readonly task: readonly unknown[];
}

/**
 * One script takes from all counters of a request at once, and a script sees one slot of a cluster alone. Where all rules count
 * by the same thing, it is what spreads them; a principal has one issuer, so these two go by the issuer. Otherwise every counter
 * stands in one shard. A task is looked for by who asks, so what counts tasks can be spread by principal or issuer only.
 *
 * @returns undefined: all in one shard
 */
export function chooseShard(rules: readonly Spread[]): QuotaSubject | undefined {
  const subjects = new Map(rules.map(({ per }) => [JSON.stringify(per), per]));
  const kinds = new Set(rules.map(({ per }) => per.by));
  if (subjects.size === 2 && kinds.has('principal') && kinds.has('issuer')) return { by: 'issuer' };
  const [subject] = subjects.values();
  if (subjects.size !== 1 || subject === undefined) return undefined;
  const isOwners = subject.by === 'principal' || subject.by === 'issuer';
  return isOwners || rules.every(({ task }) => task.length === 0) ? subject : undefined;
}
