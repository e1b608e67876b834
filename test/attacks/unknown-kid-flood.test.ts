// Story: anyone can write a token whose `kid` no key has, and each such token asks the gateway to look for new keys. A
// flood of them must neither become a flood at the issuer nor use up the looks that a genuine new key needs.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type FakeIssuer, makeFakeKey, startFakeIssuer } from '../support/fake-issuer.ts';
import { toSegment } from '../support/forge-token.ts';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { callTool, RESOURCE, startGuardedGateway } from '../through/identity/support/guarded-gateway.ts';
import { type Gateway, startUpstream } from '../through/support/start.ts';
import { until } from '../through/support/until.ts';

const FLOOD = 10_000;
const CONNECTIONS = 32;
const CLAIMS = { aud: RESOURCE, sub: 'mallory', scope: 'weather:read' };
const HEADERS = Object.fromEntries(toHeaderLines('tools/call', 'read_station'));
const BODY = toRequestBody('tools/call', { name: 'read_station', arguments: {} });

const toExp = (): number => Math.floor(Date.now() / 1000) + 600;

/** A token that is right but for its key: no check before the look for the key would refuse it. */
function forge(issuer: string): string {
  const header = { alg: 'ES256', kid: randomBytes(9).toString('base64url'), typ: 'at+jwt' };
  const payload = { ...CLAIMS, iss: issuer, exp: toExp(), jti: randomBytes(9).toString('base64url') };
  return `${toSegment(header)}.${toSegment(payload)}.${randomBytes(64).toString('base64url')}`;
}

class Flood {
  readonly statuses = new Map<number, number>();
  isOver = false;
  readonly #gateway: Gateway;
  readonly #issuer: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #callers: Promise<void>[];
  #left: number;

  /** Sends this many distinct tokens; `Infinity`: until it is stopped. */
  constructor(t: TestContext, gateway: Gateway, issuer: FakeIssuer, tokens: number) {
    this.#gateway = gateway;
    this.#issuer = issuer.issuer;
    this.#left = tokens;
    this.#callers = Array.from({ length: CONNECTIONS }, () => this.#run());
    t.after(() => this.stop());
  }

  async done(): Promise<void> {
    await Promise.all(this.#callers);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.done();
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.isOver && this.#left-- > 0) {
      const status = await this.#send(forge(this.#issuer));
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    }
  }

  #send(token: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { ...HEADERS, authorization: `Bearer ${token}` };
      const request = httpRequest(this.#gateway.url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      request.on('error', reject);
      request.end(BODY);
    });
  }
}

async function start(t: TestContext, keys: object) {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const upstream = await startUpstream(t);
  const identity = { issuers: [{ issuer: issuer.issuer }], keys };
  const gateway = await startGuardedGateway(t, { identity, instances: [upstream.url] });
  return { issuer, upstream, gateway };
}

const countFetches = ({ hits }: FakeIssuer): number => hits.filter((path) => path === '/keys').length;
/** Only the background refresh reads the metadata again. */
const countRefreshes = ({ hits }: FakeIssuer): number => hits.filter((path) => path.startsWith('/.well-known')).length;

test('ten thousand made-up kids cause at most one fetch in each cool-down, and no call upstream', async (t) => {
  const { issuer, upstream, gateway } = await start(t, { refresh: '1h', cooldown: '500ms' });
  const startedMs = performance.now();
  const flood = new Flood(t, gateway, issuer, FLOOD);
  await flood.done();
  const cooldowns = Math.ceil((performance.now() - startedMs) / 500);
  assert.deepEqual([...flood.statuses], [[401, FLOOD]]);
  const asked = countFetches(issuer) - 1;
  assert.ok(asked >= 1 && asked <= cooldowns, `${asked} fetches in ${cooldowns} cool-downs`);
  assert.equal(countRefreshes(issuer), 1);
  assert.equal(upstream.hits.length, 0);
  const { get } = await gateway.scrape();
  assert.equal(get('mcp_gateway_refusals_total', { kind: 'token_invalid' }), FLOOD);
  const honest = await issuer.sign({ ...CLAIMS, sub: 'anna', exp: toExp() });
  assert.equal((await callTool(gateway.port, honest)).status, 200);
});

test('under the flood a genuine new key counts no later than the next background refresh', async (t) => {
  const refreshMs = 2_000;
  const { issuer, gateway } = await start(t, { refresh: `${refreshMs}ms`, cooldown: '1h' });
  const flood = new Flood(t, gateway, issuer, Number.POSITIVE_INFINITY);
  // The one look of this cool-down is gone.
  await until('the flood has asked for keys', () => countFetches(issuer) === 2);
  const next = await makeFakeKey('ES256');
  issuer.publish(issuer.key, next);
  const publishedMs = performance.now();
  const honest = await issuer.sign({ ...CLAIMS, sub: 'anna', exp: toExp() }, { key: next });
  await until('the new key counts', async () => (await callTool(gateway.port, honest)).status === 200);
  const waitedMs = performance.now() - publishedMs;
  await flood.stop();
  assert.ok(waitedMs < refreshMs + 500, `it took ${waitedMs} ms`);
  assert.equal(countFetches(issuer) - countRefreshes(issuer), 1);
});

test('without a cool-down under way a genuine new key counts at once, whatever the refresh', async (t) => {
  const { issuer, gateway } = await start(t, { refresh: '1h', cooldown: '1h' });
  const next = await makeFakeKey('ES256');
  issuer.publish(next);
  const honest = await issuer.sign({ ...CLAIMS, sub: 'anna', exp: toExp() }, { key: next });
  assert.equal((await callTool(gateway.port, honest)).status, 200);
  assert.equal(countFetches(issuer), 2);
});

test('an issuer that hangs under the flood costs no honest caller anything', async (t) => {
  const { issuer, gateway } = await start(t, { refresh: '1h', cooldown: '100ms', timeout: '500ms' });
  const honest = await issuer.sign({ ...CLAIMS, sub: 'anna', exp: toExp() });
  let held = 0;
  issuer.behave(() => void held++);
  const flood = new Flood(t, gateway, issuer, Number.POSITIVE_INFINITY);
  await until('the issuer hangs', () => held > 0);
  const startedMs = performance.now();
  for (let i = 0; i < 20; i++) assert.equal((await callTool(gateway.port, honest)).status, 200);
  assert.ok(performance.now() - startedMs < 500, 'honest callers waited for the issuer');
  await flood.stop();
});
