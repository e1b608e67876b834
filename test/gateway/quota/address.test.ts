// Requests that fail authentication pay by address, and a network that paid everything is turned away by a look-up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toNetwork } from '../../../gateway/quota/to-network.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { countAdmitted, makeQuotaUnderTest, makeRequest, makeRule, type QuotaUnderTest } from './quota-parts.ts';

const RULE = makeRule('flood', { per: { by: 'address' }, rate: { count: 3, periodMs: 60_000 } });

function refusalOf(work: () => unknown): Refusal | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function countCharged(under: QuotaUnderTest, address: string, tries: number, endpoint = '/mcp'): number {
  let charged = 0;
  for (let i = 0; i < tries; i++)
    if (refusalOf(() => under.quota.chargeAddress(address, endpoint)) === undefined) charged++;
  return charged;
}

test('failures use up the share of their address, whichever token comes next', async () => {
  const under = makeQuotaUnderTest([RULE]);
  assert.equal(countCharged(under, '192.0.2.1', 2), 2);
  assert.equal(await countAdmitted(under, makeRequest(), 3), 1);
  const refused = refusalOf(() => under.quota.chargeAddress('192.0.2.1', '/mcp'));
  assert.equal(refused?.kind, 'rate_limited');
  assert.deepEqual(refused?.detail.data, { limit: 3, retryAfterMs: 20_000 });
  assert.equal(countCharged(under, '192.0.2.2', 4), 3);
});

test('a network that was turned away is refused by a look-up until it has room again', () => {
  const under = makeQuotaUnderTest([RULE]);
  assert.equal(
    refusalOf(() => under.quota.checkAddress('192.0.2.1', '/mcp')),
    undefined,
  );
  countCharged(under, '192.0.2.1', 4);
  const refused = refusalOf(() => under.quota.checkAddress('192.0.2.1', '/mcp'));
  assert.equal(refused?.kind, 'rate_limited');
  assert.deepEqual(refused?.detail, {
    retryAfterS: 20,
    reason: 'blocked',
    quotaRule: 'flood',
    data: { limit: 3, retryAfterMs: 20_000 },
  });
  assert.equal(
    refusalOf(() => under.quota.checkAddress('192.0.2.2', '/mcp')),
    undefined,
  );
  under.pass(20_000);
  assert.equal(
    refusalOf(() => under.quota.checkAddress('192.0.2.1', '/mcp')),
    undefined,
  );
  assert.equal(countCharged(under, '192.0.2.1', 2), 1);
});

test('an authenticated flood from one address is turned away by the same look-up', async () => {
  const under = makeQuotaUnderTest([RULE]);
  await countAdmitted(under, makeRequest(), 4);
  assert.ok(refusalOf(() => under.quota.checkAddress('192.0.2.1', '/mcp')));
});

test('a rule that names methods, names, callers or other endpoints says nothing of failures', async () => {
  const narrow = [
    { match: { methods: ['tools/call'] } },
    { match: { names: ['*'] } },
    { to: 'tier:free' },
    { match: { endpoints: ['/other'] } },
    { per: { by: 'principal' } },
  ] as const;
  for (const parts of narrow) {
    const under = makeQuotaUnderTest([
      makeRule('narrow', { per: RULE.per, rate: { count: 1, periodMs: 1000 }, ...parts }),
    ]);
    assert.equal(countCharged(under, '192.0.2.1', 5), 5);
    await countAdmitted(under, makeRequest(), 5);
    assert.equal(
      refusalOf(() => under.quota.checkAddress('192.0.2.1', '/mcp')),
      undefined,
    );
  }
});

test('a block at one endpoint does not reach another that has other rules', () => {
  const under = makeQuotaUnderTest([{ ...RULE, match: { ...RULE.match, endpoints: ['/a'] } }]);
  countCharged(under, '192.0.2.1', 4, '/a');
  assert.ok(refusalOf(() => under.quota.checkAddress('192.0.2.1', '/a')));
  assert.equal(
    refusalOf(() => under.quota.checkAddress('192.0.2.1', '/b')),
    undefined,
  );
});

test('all addresses of one IPv6 network pay together, and IPv4 is IPv4 however it is written', () => {
  const rows = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['64:ff9b::c000:201', '192.0.2.1'],
    ['64:ff9b:1::192.0.2.1', '64:ff9b:1:0::/64'],
    ['not an address', 'not an address'],
    ['', ''],
    ['1:2:3', '1:2:3'],
    [':::::', ':::::'],
  ] as const;
  for (const [address, network] of rows) assert.equal(toNetwork(address), network, address);
});
