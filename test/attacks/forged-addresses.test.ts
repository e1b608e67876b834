// The attacker writes addresses into headers: to have a new share with every request, to spend somebody else's, to hide its own
// behind a proxy that is trusted, or to go on guessing tokens.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { startFakeIssuer } from '../support/fake-issuer.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import { type HeaderLines, sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { RESOURCE, toBearer, toGuardedConfig } from '../through/identity/support/guarded-gateway.ts';
import { type Gateway, startGateway, startUpstream } from '../through/support/start.ts';

const SHARE = 3;
const QUOTAS = { rules: [{ id: 'flood', per: 'address', rate: `${SHARE}/1h` }] };

/** A gateway that the tests reach over loopback: as strangers, or as the proxy it trusts. */
async function start(t: TestContext, trustedProxies: readonly string[]): Promise<Gateway> {
  const upstream = await startUpstream(t);
  return startGateway(t, {
    instances: [upstream.url],
    config: { listen: { host: '127.0.0.1', port: 0, trustedProxies }, quotas: QUOTAS },
  });
}

async function send(gateway: Gateway, lines: HeaderLines): Promise<number> {
  const body = toRequestBody('tools/list');
  return (await sendRaw({ port: gateway.port, lines: [...toHeaderLines('tools/list'), ...lines], body })).status;
}

const from = (...chains: readonly string[]): HeaderLines => chains.map((chain) => ['X-Forwarded-For', chain] as const);

async function count(gateway: Gateway, requests: readonly HeaderLines[]): Promise<number> {
  let served = 0;
  for (const lines of requests) {
    const status = await send(gateway, lines);
    assert.ok(status === 200 || status === 429, `${status}`);
    if (status === 200) served++;
  }
  return served;
}

const randomAddress = (): string => `198.51.${randomInt(256)}.${randomInt(256)}`;

test('who is no trusted proxy has one share, whatever its headers say', async (t) => {
  const gateway = await start(t, ['10.0.0.0/8', '::1']);
  const forged = Array.from({ length: 12 }, (): HeaderLines => {
    const address = randomAddress();
    return [
      ['X-Forwarded-For', address],
      ['X-Forwarded-For', `${address}, 10.0.0.1`],
      ['Forwarded', `for=${address}`],
      ['X-Real-IP', address],
      ['True-Client-IP', address],
      ['CF-Connecting-IP', address],
      ['X-Client-IP', address],
    ];
  });
  assert.equal(await count(gateway, forged), SHARE);
});

test('behind a trusted proxy no other header tells an address', async (t) => {
  const gateway = await start(t, ['127.0.0.1']);
  const forged = Array.from(
    { length: 8 },
    (): HeaderLines => [
      ['Forwarded', `for=${randomAddress()}`],
      ['X-Real-IP', randomAddress()],
      ['X_Forwarded_For', randomAddress()],
      ['X-Forwarded', randomAddress()],
    ],
  );
  assert.equal(await count(gateway, forged), SHARE);
});

test('what a client wrote before its proxy added its address gives it no second share, and costs nobody theirs', async (t) => {
  const gateway = await start(t, ['127.0.0.1', '10.0.0.0/8']);
  const own = '203.0.113.9';
  const victim = '203.0.113.77';
  const forged = [
    from(own),
    from(`${victim}, ${own}`),
    from(`10.0.0.5, ${victim}, ${own}`),
    from(victim, own),
    from(`${victim},10.0.0.1,127.0.0.1`, `${own}, 10.1.1.1`),
    from(`127.0.0.1, ${own}`),
    from(`, ,${own}`),
    from(`unknown, "_hidden", ${own} , 10.0.0.2`),
    from(`\t${own}\t`),
    from(`${'1.1.1.1,'.repeat(20)}${own}`),
    ...Array.from({ length: 10 }, () => from(`${randomAddress()}, ${own}`)),
  ];
  assert.equal(await count(gateway, forged), SHARE);
  assert.equal(
    await count(
      gateway,
      Array.from({ length: SHARE + 2 }, () => from(victim)),
    ),
    SHARE,
  );
});

test('one address in many spellings is one', async (t) => {
  const gateway = await start(t, ['127.0.0.1']);
  for (const spellings of [
    [
      '192.0.2.33',
      '::ffff:192.0.2.33',
      '::FFFF:192.0.2.33',
      '::ffff:c000:221',
      '0:0:0:0:0:FFFF:C000:0221',
      '0:0:0:0:0:ffff:192.0.2.33',
    ],
    [
      '2001:db8:9:9::1',
      '2001:DB8:9:9::1',
      '2001:0db8:0009:0009:0:0:0:1',
      '2001:db8:9:9:0::1',
      '2001:db8:9:9:ffff:ffff:ffff:ffff',
    ],
  ]) {
    assert.equal(
      await count(
        gateway,
        spellings.map((spelling) => from(spelling)),
      ),
      SHARE,
      spellings[0],
    );
  }
});

test('chains that nobody could believe count for the proxy that sent them', async (t) => {
  const gateway = await start(t, ['127.0.0.1']);
  const chains = [
    '',
    'localhost',
    '256.1.1.1',
    '1.2.3',
    '0x7f.1',
    '2130706433',
    '010.0.0.1',
    '1.2.3.4:80',
    '[2001:db8::1]',
    `fe80::1%${'z'.repeat(2000)}`,
    '1.2.3.4 5.6.7.8',
    '1.2.3.4;5.6.7.8',
    `${'127.0.0.1,'.repeat(500)}1.2.3.4`,
    '\u00e9',
  ];
  assert.equal(
    await count(
      gateway,
      chains.map((chain) => from(chain)),
    ),
    SHARE,
  );
  assert.equal(await send(gateway, from('198.51.100.200')), 200);
});

interface Guarded {
  readonly gateway: Gateway;
  readonly upstream: FakeUpstream;
  readonly token: string;
  readonly asked: readonly string[];
}

async function startGuarded(t: TestContext): Promise<Guarded> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    config: await toGuardedConfig(t, {
      identity: { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] },
      config: { listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] }, quotas: QUOTAS },
    }),
  });
  const exp = Math.floor(Date.now() / 1000) + 600;
  const token = await issuer.sign({ aud: RESOURCE, sub: 'ada', exp, scope: 'weather:read' });
  return { gateway, upstream, token, asked: issuer.hits };
}

async function callAs({ gateway }: Guarded, address: string, token: string | undefined): Promise<number> {
  const lines = [
    ...toHeaderLines('tools/call', 'read_station'),
    ...from(address),
    ...(token === undefined ? [] : toBearer(token)),
  ];
  const body = toRequestBody('tools/call', { name: 'read_station', arguments: {} });
  return (await sendRaw({ port: gateway.port, lines, body })).status;
}

test('a flood of bad tokens becomes 429 and then costs no proof, while others with good ones are served', async (t) => {
  const guarded = await startGuarded(t);
  const { gateway, upstream, token, asked } = guarded;
  const bad = (i: number): string | undefined =>
    i % 3 === 0 ? undefined : i % 3 === 1 ? `not.a.token${i}` : `${token.slice(0, -8)}${String(i).padStart(8, 'A')}`;
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++) statuses.push(await callAs(guarded, '203.0.113.66', bad(i)));
  assert.deepEqual(statuses.slice(0, SHARE), Array(SHARE).fill(401));
  assert.ok(statuses.slice(SHARE).every((status) => status === 429));
  const judged = (await gateway.scrape()).get('mcp_gateway_token_validations_total');
  const fetched = asked.length;
  for (let i = 0; i < 60; i++) assert.equal(await callAs(guarded, '203.0.113.66', bad(i)), 429);
  const metrics = await gateway.scrape();
  assert.equal(metrics.get('mcp_gateway_token_validations_total'), judged);
  assert.equal(asked.length, fetched);
  assert.equal(upstream.hits.length, 0);
  assert.equal(await callAs(guarded, '203.0.113.67', token), 200);
  assert.ok(metrics.get('mcp_gateway_quota_admissions_total', { rule: 'flood', outcome: 'refused' }) >= 117);
});

test('a good token does not buy back what bad ones of the same address spent', async (t) => {
  const guarded = await startGuarded(t);
  for (let i = 0; i < SHARE; i++) assert.equal(await callAs(guarded, '203.0.113.68', 'not.a.token'), 401);
  assert.equal(await callAs(guarded, '203.0.113.68', guarded.token), 429);
  assert.equal(await callAs(guarded, '203.0.113.68, 203.0.113.69', guarded.token), 200);
});

const blocked = (): string => '203.0.113.70';

test('being turned away costs less than a look at a token', async (t) => {
  const guarded = await startGuarded(t);
  for (let i = 0; i <= SHARE; i++) await callAs(guarded, '203.0.113.70', 'not.a.token');
  const forged = (i: number): string => `${guarded.token.slice(0, -8)}${String(i).padStart(8, 'A')}`;
  let fresh = 0;
  const measure = async (address: () => string): Promise<number> => {
    const { user, system } = process.cpuUsage();
    for (let i = 0; i < 300; i++) await callAs(guarded, address(), forged(fresh++));
    const spent = process.cpuUsage({ user, system });
    return spent.user + spent.system;
  };
  const anew = (): string => `203.${(fresh >> 16) & 255}.${(fresh >> 8) & 255}.${fresh & 255}`;
  await measure(blocked);
  await measure(anew);
  const turnedAway: number[] = [];
  const judged: number[] = [];
  for (let round = 0; round < 9; round++) {
    turnedAway.push(await measure(blocked));
    judged.push(await measure(anew));
  }
  assert.ok(Math.min(...turnedAway) < Math.min(...judged), `${turnedAway.join()} us against ${judged.join()} us`);
});
