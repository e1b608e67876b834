// `quotas`: how much anyone may take.
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { flag } from './flag.ts';
import { listOf } from './list-of.ts';
import { ON_STORE_FAILURE, QUOTA_RULE } from './quota-rule.ts';
import { STORE } from './quota-store.ts';
import { section } from './section.ts';
import { uniqueBy } from './unique-by.ts';

export const QUOTAS = section(
  'How much anyone may take. Absent: nothing is counted.',
  {
    store: STORE.prefault('memory'),
    storeTimeout: duration('How long the store may take before it counts as down.', {
      most: { ms: 10_000, text: '10s' },
    }).prefault('50ms'),
    onStoreFailure: choice('When the store is slow or down.', ON_STORE_FAILURE).prefault('allow'),
    headers: flag('true: answers say in RateLimit and RateLimit-Policy how much is left.').prefault(false),
    rules: uniqueBy(listOf('The limits.', QUOTA_RULE), 'id').prefault([]),
  },
  { secret: true },
);
