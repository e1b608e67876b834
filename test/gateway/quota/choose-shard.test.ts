// Counters that one request may need at once never stand in two shards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseShard } from '../../../gateway/quota/choose-shard.ts';
import type { QuotaSubject } from '../../../gateway/quota/quota-settings.ts';

const rule = (by: string, counts: 'tasks' | 'requests' = 'requests') => ({
  per: (by.startsWith('claim:') ? { by: 'claim', claim: by.slice(6) } : { by }) as QuotaSubject,
  task: counts === 'tasks' ? [{}] : [],
});

test('rules that count by one thing are spread by it, others stand together', () => {
  const rows = [
    [[], undefined],
    [[rule('principal'), rule('principal')], { by: 'principal' }],
    [[rule('principal', 'tasks')], { by: 'principal' }],
    [[rule('issuer', 'tasks'), rule('principal')], { by: 'issuer' }],
    [[rule('principal'), rule('client')], undefined],
    [[rule('principal'), rule('issuer'), rule('address')], undefined],
    [[rule('claim:tenant'), rule('claim:tenant')], { by: 'claim', claim: 'tenant' }],
    [[rule('claim:tenant'), rule('claim:team')], undefined],
    [[rule('claim:tenant', 'tasks')], undefined],
    [[rule('endpoint')], { by: 'endpoint' }],
    [[rule('endpoint', 'tasks')], undefined],
    [[rule('address')], { by: 'address' }],
  ] as const;
  for (const [rules, expected] of rows) assert.deepEqual(chooseShard(rules), expected);
});
