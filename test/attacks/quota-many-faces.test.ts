// A caller with many addresses, tokens or names tries to get more than one share, to fill the memory, or to slow the look-ups.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCounterKey } from '../../gateway/quota/counter-key.ts';
import { CounterTable } from '../../gateway/quota/counter-table.ts';
import { toMeters } from '../../gateway/quota/meter.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { countAdmitted, makeCaller, makeQuotaUnderTest, makeRequest, makeRule } from '../gateway/quota/quota-parts.ts';

test('a network of 2^64 addresses has one share', async () => {
  const rule = makeRule('flood', { per: { by: 'address' }, rate: { count: 5, periodMs: 60_000 } });
  const under = makeQuotaUnderTest([rule]);
  let charged = 0;
  for (let i = 0; i < 500; i++) {
    try {
      await under.quota.chargeAddress(`2001:db8:7:7:${i.toString(16)}::${i.toString(16)}`, '/mcp');
      charged++;
    } catch (error) {
      assert.ok(error instanceof Refusal);
    }
  }
  assert.equal(charged, 5);
});

test('a flood from ever new addresses does not outgrow the bound, and gives the first ones nothing back', async () => {
  const rule = makeRule('flood', { per: { by: 'address' }, rate: { count: 2, periodMs: 3_600_000 } });
  const under = makeQuotaUnderTest([rule], { maxKeys: 500 });
  const own = makeRequest({ address: '192.0.2.1' });
  assert.equal(await countAdmitted(under, own, 3), 2);
  for (let i = 0; i < 50_000; i++) {
    await under.admit(makeRequest({ address: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` }));
  }
  assert.equal(await countAdmitted(under, own, 3), 0);
});

test('texts that run into each other are not one caller', async () => {
  const rows = [
    [makeCaller('b', { issuer: 'a' }), makeCaller('', { issuer: 'ab' })],
    [makeCaller('x","y', { issuer: 'i' }), makeCaller('y', { issuer: 'i","x' })],
    [makeCaller('a\u0000b', { issuer: 'i' }), makeCaller('b', { issuer: 'i\u0000a' })],
    [makeCaller('A'), makeCaller('a')],
    [makeCaller('', { kind: 'anonymous', issuer: '' }), makeCaller('', { issuer: '' })],
  ] as const;
  for (const [one, other] of rows) {
    const under = makeQuotaUnderTest([makeRule('calls', { rate: { count: 1, periodMs: 60_000 } })]);
    assert.equal(await countAdmitted(under, makeRequest({ principal: one }), 2), 1);
    assert.equal(await countAdmitted(under, makeRequest({ principal: other }), 2), 1);
  }
});

test('a claim of another type or depth is another payer, never an error', async () => {
  const per = { by: 'claim', claim: 'tenant' } as const;
  const under = makeQuotaUnderTest([makeRule('tenants', { per, rate: { count: 1, periodMs: 60_000 } })]);
  for (const tenant of ['1', 1, [1], ['1'], { a: 1 }, true, 'true', '[1]', 1e300, -0.5]) {
    const request = makeRequest({ principal: makeCaller('x', { claims: { tenant } }) });
    assert.equal(await countAdmitted(under, request, 2), 1, JSON.stringify(tenant));
  }
});

test('keys chosen to meet in one place of the table stay apart, and come and go without losing one another', () => {
  const table = new CounterTable(2000, 99);
  const [meter] = toMeters(makeRule('calls', { concurrent: 9 }), 0);
  assert.ok(meter);
  const base = toCounterKey(['x'], 0);
  const keys = Array.from({ length: 1500 }, (_, i) => ({ ...base, w2: i, w3: i * 7, slot: -1 }));
  for (const [i, key] of keys.entries()) table.setValue(table.add(key, meter, 0), i + 1);
  for (const [i, key] of keys.entries()) assert.equal(table.valueAt(table.find({ ...key, slot: -1 })), i + 1);
  for (const key of keys.filter((_, i) => i % 2 === 0)) table.setValue(table.find(key), 0);
  for (let i = 0; i < 1000; i++) table.sweep(0);
  assert.equal(table.size, 750);
  for (const [i, key] of keys.entries()) {
    const slot = table.find({ ...key, slot: -1 });
    assert.equal(slot < 0 ? 0 : table.valueAt(slot), i % 2 === 0 ? 0 : i + 1);
    // What a request remembers of a slot that is another's by now is not believed.
    assert.equal(table.find(key), slot);
  }
});
