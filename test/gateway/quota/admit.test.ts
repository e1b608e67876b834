// Which rules apply to a request, and that it takes from all of them or from none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '../../../gateway/exchange.ts';
import type { Refusal } from '../../../gateway/refusal.ts';
import {
  ADA,
  BOB,
  countAdmitted,
  isAdmitted,
  makeCaller,
  makeQuotaUnderTest,
  makeRequest,
  makeRule,
} from './quota-parts.ts';

const TWO = { count: 2, periodMs: 60_000 };

test('a rate admits its burst, refuses with 429 and says when to come back', async () => {
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 100, periodMs: 60_000 }, burst: 3 })]);
  assert.equal(await countAdmitted(under, makeRequest(), 3), 3);
  const refused = (await under.admit(makeRequest())) as Refusal;
  assert.equal(refused.kind, 'rate_limited');
  assert.equal(refused.row.status, 429);
  assert.equal(refused.idLiteral, '1');
  assert.deepEqual(refused.detail, {
    retryAfterS: 1,
    reason: 'rate',
    quotaRule: 'calls',
    data: { limit: 3, retryAfterMs: 600 },
  });
  under.pass(599);
  assert.equal(await countAdmitted(under, makeRequest(), 1), 0);
  under.pass(1);
  assert.equal(await countAdmitted(under, makeRequest(), 5), 1);
});

test('each caller has a share of its own, whichever token it comes with', async () => {
  const under = makeQuotaUnderTest([makeRule('calls', { rate: TWO })]);
  assert.equal(await countAdmitted(under, makeRequest({ principal: ADA }), 5), 2);
  assert.equal(await countAdmitted(under, makeRequest({ principal: BOB }), 5), 2);
  assert.equal(await countAdmitted(under, makeRequest({ principal: makeCaller('ada') }), 5), 0);
  const elsewhere = makeCaller('ada', { issuer: 'https://other.example' });
  assert.equal(await countAdmitted(under, makeRequest({ principal: elsewhere }), 5), 2);
});

test('a rule applies to the methods, names and endpoints it matches, and to those it is for', async () => {
  const rows = [
    [{ methods: ['*/list'] }, { method: 'tools/list' }, { method: 'tools/call' }],
    [{ methods: ['server/discover'] }, { method: 'server/discover' }, { method: 'tools/list' }],
    [{ names: ['get_*'] }, { name: 'get_forecast' }, { name: 'set_forecast' }],
    [{ names: ['*'] }, { name: 'x' }, { method: 'tools/list' }],
    [{ endpoints: ['/a/*'] }, { endpoint: '/a/mcp' }, { endpoint: '/mcp' }],
  ] as const;
  for (const [match, fits, other] of rows) {
    const under = makeQuotaUnderTest([makeRule('one', { match, rate: { count: 1, periodMs: 1000 } })]);
    assert.equal(await countAdmitted(under, makeRequest(fits), 3), 1);
    assert.equal(await countAdmitted(under, makeRequest(other), 3), 3);
  }
  const under = makeQuotaUnderTest([makeRule('free', { to: 'tier:free', rate: TWO })]);
  const free = makeCaller('ada', { scopes: new Set(['tier:free']) });
  assert.equal(await countAdmitted(under, makeRequest({ principal: free }), 4), 2);
  assert.equal(await countAdmitted(under, makeRequest({ principal: ADA }), 4), 4);
});

const acme = (subject: string, tenant: unknown): Principal => makeCaller(subject, { claims: { org: { tenant } } });

test('a share is counted per client, issuer, endpoint, claim or address', async () => {
  const rows = [
    ['client', { principal: ADA }, { principal: BOB }, { principal: makeCaller('ada', { client: 'other' }) }],
    ['issuer', { principal: ADA }, { principal: BOB }, { principal: makeCaller('ada', { issuer: 'https://b' }) }],
    ['endpoint', { principal: ADA }, { principal: BOB }, { endpoint: '/other' }],
    ['address', { principal: ADA }, { principal: BOB }, { address: '192.0.2.2' }],
    ['claim', { principal: acme('a', 'x') }, { principal: acme('b', 'x') }, { principal: acme('a', 'y') }],
  ] as const;
  for (const [by, one, same, other] of rows) {
    const per = by === 'claim' ? ({ by, claim: 'org.tenant' } as const) : { by };
    const under = makeQuotaUnderTest([makeRule('shared', { per, rate: { count: 3, periodMs: 60_000 } })]);
    assert.equal(await countAdmitted(under, makeRequest(one), 2), 2, by);
    assert.equal(await countAdmitted(under, makeRequest(same), 2), 1, by);
    assert.equal(await countAdmitted(under, makeRequest(other), 4), 3, by);
  }
});

test('leaving a claim out does not leave the limit', async () => {
  const per = { by: 'claim', claim: 'tenant' } as const;
  const under = makeQuotaUnderTest([makeRule('tenants', { per, rate: TWO })]);
  for (const claims of [{}, { tenant: null }, { tenant: '' }]) {
    await under.admit(makeRequest({ principal: makeCaller('x', { claims }) }));
  }
  assert.equal(await countAdmitted(under, makeRequest(), 3), 0);
  for (const name of ['constructor', '__proto__', 'toString']) {
    const odd = makeQuotaUnderTest([makeRule('odd', { per: { by: 'claim', claim: name }, rate: TWO })]);
    assert.equal(await countAdmitted(odd, makeRequest(), 4), 2);
  }
});

test('every rule that matches applies, and a refusal by one takes nothing from the others', async () => {
  const under = makeQuotaUnderTest([
    makeRule('wide', { rate: { count: 10, periodMs: 60_000 } }),
    makeRule('narrow', { rate: { count: 3, periodMs: 1000 }, match: { names: ['dear'] } }),
    makeRule('width', { concurrent: 100 }),
  ]);
  assert.equal(await countAdmitted(under, makeRequest({ name: 'dear' }), 8), 3);
  assert.equal(await countAdmitted(under, makeRequest({ name: 'cheap' }), 20), 7);
});

test('a lower limit of a longer wait is the one that is told', async () => {
  const under = makeQuotaUnderTest([
    makeRule('second', { rate: { count: 1, periodMs: 1000 } }),
    makeRule('hour', { rate: { count: 1, periodMs: 3_600_000 } }),
  ]);
  await under.admit(makeRequest());
  const refused = (await under.admit(makeRequest())) as Refusal;
  assert.equal(refused.detail.quotaRule, 'hour');
  assert.equal(refused.detail.retryAfterS, 3600);
});

test('two hundred calls at once for one key: exactly the limit is admitted', async () => {
  const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 37, periodMs: 60_000 } })]);
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => under.admit(makeRequest())));
  assert.equal(outcomes.filter(isAdmitted).length, 37);
});

test('requests at once are given back when they end, once each, however often that is said', async () => {
  const under = makeQuotaUnderTest([makeRule('width', { concurrent: 2 })]);
  const [first, second] = [await under.admit(makeRequest()), await under.admit(makeRequest())];
  assert.ok(isAdmitted(first) && isAdmitted(second));
  const refused = (await under.admit(makeRequest())) as Refusal;
  assert.equal(refused.kind, 'too_many_concurrent');
  assert.deepEqual(refused.detail.data, { limit: 2, retryAfterMs: 1000 });
  for (let i = 0; i < 3; i++) under.quota.release(first);
  assert.equal(await countAdmitted(under, makeRequest(), 3), 1);
  assert.equal(await countAdmitted(under, makeRequest({ principal: BOB }), 3), 2);
});

test('each rule that applied is told once, and of a refusal the rule that refused', async () => {
  const under = makeQuotaUnderTest([
    makeRule('both', { rate: { count: 1, periodMs: 1000 }, concurrent: 5, tasks: { live: 1 } }),
    makeRule('calls', { rate: TWO }),
    makeRule('lists', { rate: TWO, match: { methods: ['*/list'] } }),
  ]);
  await under.admit(makeRequest({ declares: true }));
  assert.deepEqual(under.told.splice(0), ['both admitted', 'calls admitted']);
  await under.admit(makeRequest({ declares: true }));
  assert.deepEqual(under.told, ['both refused']);
});

test('where no rule applies nothing is counted', async () => {
  const under = makeQuotaUnderTest([]);
  const admitted = await under.admit(makeRequest());
  assert.ok(isAdmitted(admitted));
  under.quota.release(admitted);
  assert.equal(under.quota.toRateHeaders(admitted), undefined);
  assert.equal(under.quota.isInline(admitted), false);
});
