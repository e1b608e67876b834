// A stream lives no longer than the token it was opened with, and nobody but the token is blamed for its end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { answerResult, type Behaviour, type FakeUpstream, toEvent } from '../../support/fake-upstream.ts';
import { openCall } from '../support/open-call.ts';
import { type Gateway, startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import { startAuthorizationServer } from './support/authorization-server.ts';
import { callTool, RESOURCE, startGuardedGateway, toBearer } from './support/guarded-gateway.ts';

/** How late a timer may be on a busy machine. */
const LATE_MS = 400;
const NOW = { method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };

/** Begins a stream and never ends it. */
const streamForEver: Behaviour = (hit, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const listens = hit.message.method === 'subscriptions/listen';
  const acknowledged = {
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: {}, _meta: { 'io.modelcontextprotocol/subscriptionId': hit.message.id } },
  };
  response.write(toEvent(listens ? acknowledged : NOW));
};

interface Started {
  /** Signs a token that ends so many milliseconds from now; `exp` need not be whole (RFC 7519 section 2, NumericDate). */
  readonly sign: (leftMs: number) => Promise<string>;
  readonly upstreams: readonly FakeUpstream[];
  readonly gateway: Gateway;
}

async function start(t: TestContext, upstreams = 1): Promise<Started> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const fleet = await Promise.all(Array.from({ length: upstreams }, () => startUpstream(t, streamForEver)));
  const gateway = await startGuardedGateway(t, {
    identity: { issuers: [{ issuer: issuer.issuer }], clockSkew: '0s' },
    instances: fleet.map(({ url }) => url),
  });
  const claims = { aud: RESOURCE, sub: 'anna', scope: 'weather:read' };
  const sign = (leftMs: number) => issuer.sign({ ...claims, exp: (Date.now() + leftMs) / 1000, jti: randomUUID() });
  return { sign, upstreams: fleet, gateway };
}

function toExpMs(token: string): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { exp: number }).exp * 1000;
}

const listen = ({ port }: Gateway, token: string) =>
  openCall({
    port,
    method: 'subscriptions/listen',
    params: { notifications: {} },
    lines: toBearer(token),
    id: 'sub-1',
  });

const callSlow = ({ port }: Gateway, token: string) =>
  openCall({ port, method: 'tools/call', name: 'read_slow', params: { name: 'read_slow' }, lines: toBearer(token) });

function assertEndedAt(wantedMs: number): void {
  const lateMs = Date.now() - wantedMs;
  assert.ok(lateMs >= 0 && lateMs <= LATE_MS, `it ended ${lateMs} ms after the token`);
}

test('a listening stream ends with its completion result when its token and the skew are over', async (t) => {
  const server = await startAuthorizationServer(t);
  const upstream = await startUpstream(t, streamForEver);
  const identity = { issuers: [{ issuer: server.issuer }], clockSkew: '1s' };
  const gateway = await startGuardedGateway(t, { identity, instances: [upstream.url] });
  const token = await server.mint({ resource: RESOURCE, scope: 'weather:read', lifetimeS: 1 });
  const stream = listen(gateway, token);
  await stream.read('acknowledged');
  const { whole, text } = await stream.end();
  assertEndedAt(toExpMs(token) + 1000);
  assert.equal(whole, true);
  const last = text.trimEnd().split('\n\n').at(-1) ?? '';
  const completion = JSON.parse(last.replace(/^(?:event: message\n)?data: /, '')) as { id: unknown; result: object };
  assert.equal(completion.id, 'sub-1');
  assert.equal('result' in completion, true);
  assert.equal(await upstream.hits[0]?.left, true);
  assert.equal((await callTool(gateway.port, token)).status, 401);
});

test('a tool that answers with events is cut when its token ends, and its answer does not look whole', async (t) => {
  const { sign, upstreams, gateway } = await start(t);
  const token = await sign(1200);
  const call = callSlow(gateway, token);
  await call.read('progress');
  const { status, whole, text } = await call.end();
  assertEndedAt(toExpMs(token));
  assert.deepEqual([status, whole, text.includes('result')], [200, false, false]);
  assert.equal(await upstreams[0]?.hits[0]?.left, true);
});

test('a token with less than a second to live opens no stream of a second', async (t) => {
  const { sign, gateway } = await start(t);
  const token = await sign(300);
  const endedMs = await Promise.all(
    [listen(gateway, token), callSlow(gateway, token)].map(async (stream) => {
      assert.equal((await stream.end()).status, 200);
      return Date.now();
    }),
  );
  for (const ended of endedMs) {
    const lateMs = ended - toExpMs(token);
    assert.ok(lateMs <= LATE_MS, `it ended ${lateMs} ms after the token`);
  }
});

test('a token of many weeks does not end its stream at once', async (t) => {
  const { sign, gateway } = await start(t);
  const token = await sign(90 * 24 * 3600 * 1000);
  const streams = [listen(gateway, token), callSlow(gateway, token)];
  await Promise.all(streams.map((stream) => stream.read('data: ')));
  await listen(gateway, await sign(1100)).end();
  assert.equal(await gateway.countInFlight(), 2);
  for (const stream of streams) stream.leave();
});

test('a JSON answer may still come after its token has ended', async (t) => {
  const { sign, upstreams, gateway } = await start(t);
  const token = await sign(500);
  upstreams[0]?.behave(async (hit, response) => {
    await until('the token has ended', () => Date.now() > toExpMs(token));
    answerResult(hit, response);
  });
  const { status, whole } = await callSlow(gateway, token).end();
  assert.deepEqual([status, whole], [200, true]);
});

test('streams that end with their token are not held against the servers that sent them', async (t) => {
  const { sign, gateway } = await start(t, 2);
  const token = await sign(1500);
  const calls = Array.from({ length: 12 }, () => callSlow(gateway, token));
  await Promise.all(calls.map((call) => call.read('progress')));
  await Promise.all(calls.map((call) => call.end()));
  const { get } = await gateway.scrape();
  assert.equal(get('mcp_gateway_upstream_ejections_total'), 0);
  assert.equal(get('mcp_gateway_upstream_attempt_failures_total'), 0);
});
