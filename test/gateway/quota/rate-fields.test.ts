// Answers and refusals tell the caller what is left, in the fields of the draft.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../../../gateway/refusal.ts';
import { isAdmitted, makeQuotaUnderTest, makeRequest, makeRule } from './quota-parts.ts';

const RULES = [
  makeRule('calls', { rate: { count: 100, periodMs: 60_000 }, burst: 2 }),
  makeRule('width', { concurrent: 5, tasks: { live: 3 } }),
];

test('a rate is told as its burst and the time that brings it back, a width as how many are free', async () => {
  const under = makeQuotaUnderTest(RULES, { headers: true });
  const policy = '"calls";q=2;w=2, "width:concurrent";q=5;qu="concurrent-requests"';
  const first = await under.admit(makeRequest({ declares: true }));
  assert.ok(isAdmitted(first));
  assert.deepEqual(under.quota.toRateHeaders(first), {
    RateLimit: '"calls";r=1;t=1, "width:concurrent";r=4',
    'RateLimit-Policy': policy,
  });
  await under.admit(makeRequest());
  const refused = (await under.admit(makeRequest())) as Refusal;
  assert.deepEqual(refused.detail.headers, {
    RateLimit: '"calls";r=0;t=1, "width:concurrent";r=3',
    'RateLimit-Policy': policy,
  });
});

test('nothing is told where nobody asked, and nothing where no rule applies', async () => {
  const silent = makeQuotaUnderTest(RULES);
  const admitted = await silent.admit(makeRequest());
  assert.ok(isAdmitted(admitted));
  assert.equal(silent.quota.toRateHeaders(admitted), undefined);
  const none = makeQuotaUnderTest([makeRule('other', { concurrent: 1, match: { endpoints: ['/x'] } })], {
    headers: true,
  });
  const free = await none.admit(makeRequest());
  assert.ok(isAdmitted(free));
  assert.equal(none.quota.toRateHeaders(free), undefined);
});

test('an id that is no text of a header cannot break out of its quotes', async () => {
  const under = makeQuotaUnderTest([makeRule('a"b\\c\r\nX: é', { concurrent: 1 })], { headers: true });
  const admitted = await under.admit(makeRequest());
  assert.ok(isAdmitted(admitted));
  assert.equal(under.quota.toRateHeaders(admitted)?.['RateLimit'], '"a\\"b\\\\c??X: ?:concurrent";r=0');
});
