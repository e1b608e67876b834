// Makes the checked form of `quotas`: units into the names, defaults of the whole into each rule.
import { compileGrant } from './compile-grant.ts';
import type { QuotaRule, QuotaStoreConfig, QuotasConfig } from './quotas-config.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedQuotas = NonNullable<Checked['quotas']>;

/** Takes quotas that fit the shape; `store` is what was read of theirs. */
export function compileQuotas(raw: CheckedQuotas, store: QuotaStoreConfig): QuotasConfig {
  const { storeTimeout: storeTimeoutMs, onStoreFailure, headers } = raw;
  return {
    store,
    storeTimeoutMs,
    onStoreFailure,
    headers,
    rules: raw.rules.map((rule) => compileRule(rule, onStoreFailure)),
  };
}

function compileRule(raw: CheckedQuotas['rules'][number], onStoreFailure: 'allow' | 'deny'): QuotaRule {
  const { id, per, match, to, rate, burst, concurrent, tasks } = raw;
  return {
    id,
    per,
    match: { methods: match?.methods ?? [], names: match?.names ?? [], endpoints: match?.endpoints ?? [] },
    to: to && compileGrant(to),
    rate,
    burst: burst ?? rate?.count,
    concurrent,
    tasks: tasks && {
      live: tasks.live,
      start: tasks.start,
      overLimit: tasks.overLimit,
      longestLifeMs: tasks.longestLife,
      pollTolerance: tasks.pollTolerance,
    },
    onStoreFailure: raw.onStoreFailure ?? onStoreFailure,
  };
}
