// Quotas as clients meet them: status, body, headers, streams that count, failures that pay.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { answerResult, type Behaviour } from '../../support/fake-upstream.ts';
import { type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { callTool, RESOURCE, startGuardedGateway } from '../identity/support/guarded-gateway.ts';
import { type Gateway, startGateway, startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import { type RedisServer, startRedis } from './support/start-redis.ts';

const CALL = { name: 'get_forecast', arguments: {} };

function send(gateway: Gateway, method: string, params: object = {}, name?: string): Promise<RawAnswer> {
  return sendRaw({ port: gateway.port, lines: toHeaderLines(method, name), body: toRequestBody(method, params, 7) });
}

const call = (gateway: Gateway): Promise<RawAnswer> => send(gateway, 'tools/call', CALL, CALL.name);

async function start(t: TestContext, quotas: object, behaviour?: Behaviour): Promise<Gateway> {
  const upstream = await startUpstream(t, behaviour);
  return startGateway(t, { instances: [upstream.url], config: { quotas } });
}

test('beyond its rate a caller gets 429 with the id, the limit and when to come back, and the server sees nothing', async (t) => {
  const gateway = await start(t, { headers: true, rules: [{ id: 'calls', per: 'principal', rate: '2/1m' }] });
  const admitted = [await call(gateway), await call(gateway)];
  assert.deepEqual(
    admitted.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(admitted[0]?.headers.get('ratelimit-policy'), '"calls";q=2;w=60');
  assert.equal(admitted[0]?.headers.get('ratelimit'), '"calls";r=1;t=30');
  const refused = await call(gateway);
  assert.equal(refused.status, 429);
  const retryAfter = Number(refused.headers.get('retry-after'));
  assert.ok(retryAfter > 0 && retryAfter <= 30);
  assert.match(refused.headers.get('ratelimit') ?? '', /^"calls";r=0;t=\d+$/);
  const { id, error } = JSON.parse(refused.text) as {
    id: number;
    error: { code: number; data: Record<string, unknown> };
  };
  assert.equal(id, 7);
  assert.equal(error.code, 429);
  assert.equal(error.data['reason'], 'rate_limited');
  assert.equal(error.data['limit'], 2);
  assert.ok(Number(error.data['retryAfterMs']) <= 30_000);
  assert.doesNotMatch(refused.text, /calls/);
});

test('lists are metered like everything else, and a rule for lists leaves calls alone', async (t) => {
  const rules = [{ id: 'lists', per: 'principal', match: { methods: ['*/list', 'server/discover'] }, rate: '1/1m' }];
  const gateway = await start(t, { rules }, (hit, response) => {
    const isList = hit.message.method === 'tools/list';
    answerResult(hit, response, isList ? { resultType: 'complete', tools: [] } : { resultType: 'complete' });
  });
  assert.equal((await send(gateway, 'tools/list')).status, 200);
  assert.equal((await send(gateway, 'tools/list')).status, 429);
  assert.equal((await call(gateway)).status, 200);
});

test('two hundred calls at once for one key: exactly the limit reaches the server', async (t) => {
  const gateway = await start(t, { rules: [{ id: 'calls', per: 'principal', rate: '37/1h' }] });
  const answers = await Promise.all(Array.from({ length: 200 }, () => call(gateway)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 37);
  assert.equal(answers.filter(({ status }) => status === 429).length, 163);
});

test('an open request counts until its client leaves', async (t) => {
  let isSilent = true;
  const gateway = await start(t, { rules: [{ id: 'width', per: 'principal', concurrent: 1 }] }, (hit, response) => {
    if (!isSilent) answerResult(hit, response);
  });
  const body = toRequestBody('tools/call', CALL);
  const lines = toHeaderLines('tools/call', CALL.name).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(gateway.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
  );
  await until('the request is under way', async () => (await gateway.countInFlight()) === 1);
  const refused = await call(gateway);
  assert.equal(refused.status, 429);
  assert.match(refused.text, /"too_many_concurrent"/);
  assert.equal(refused.headers.get('retry-after'), '1');
  isSilent = false;
  socket.destroy();
  await until('the place is free', async () => (await call(gateway)).status === 200);
  assert.deepEqual(
    [await call(gateway), await call(gateway)].map(({ status }) => status),
    [200, 200],
  );
});

test('failures pay by address, and are then turned away before any proof', async (t) => {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const rules = [{ id: 'flood', per: 'address', rate: '3/1m' }];
  const identity = { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] };
  const gateway = await startGuardedGateway(t, { identity, config: { quotas: { rules } } });
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = await issuer.sign({ aud: RESOURCE, sub: 'ada', exp, scope: 'weather:read' });
  const answers = [await callTool(gateway.port, token)];
  for (let i = 0; i < 4; i++) answers.push(await callTool(gateway.port, i % 2 === 0 ? undefined : 'not.a.token'));
  answers.push(await callTool(gateway.port, token));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 401, 429, 429, 429],
  );
  assert.ok(answers.every(({ status, headers }) => (status === 429) === headers.has('retry-after')));
  const elsewhere = await callTool(gateway.port, token, 'read_station', '/other');
  assert.equal(elsewhere.status, 404);
});

test('a reload with the same rules gives nobody a fresh start', async (t) => {
  const quotas = { rules: [{ id: 'calls', per: 'principal', rate: '1/1h' }] };
  const gateway = await start(t, quotas);
  assert.equal((await call(gateway)).status, 200);
  await gateway.apply({ quotas: { ...quotas, headers: true } });
  assert.equal((await call(gateway)).status, 429);
});

test('admissions and refusals are counted by rule', async (t) => {
  const gateway = await start(t, { rules: [{ id: 'calls', per: 'principal', rate: '1/1h' }] });
  await call(gateway);
  await call(gateway);
  const metrics = await gateway.scrape();
  assert.equal(metrics.get('mcp_gateway_quota_admissions_total', { rule: 'calls', outcome: 'admitted' }), 1);
  assert.equal(metrics.get('mcp_gateway_quota_admissions_total', { rule: 'calls', outcome: 'refused' }), 1);
});

test('a store that is gone lets requests pass or refuses them, as the rule says, and tells clients nothing of it', async (t) => {
  for (const [onStoreFailure, status] of [
    ['allow', 200],
    ['deny', 503],
  ] as const) {
    const redis = await startRedis(t);
    const rules = [{ id: 'calls', per: 'principal', rate: '1000/1h' }];
    const sealing = { keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] };
    const upstream = await startUpstream(t);
    const quotas = { store: redis.url, onStoreFailure, rules };
    const gateway = await startGateway(t, { instances: [upstream.url], config: { quotas, sealing } });
    await until('the store answers', async () => (await call(gateway)).status === 200 && (await hasKeys(redis)));
    await redis.kill();
    for (let i = 0; i < 10; i++) {
      const answer = await call(gateway);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /redis|127\.0\.0\.1|ECONN|StoreFailure|calls/i);
      if (status === 503) assert.equal(answer.headers.get('retry-after'), '1');
    }
    const metrics = await gateway.scrape();
    const outcome = onStoreFailure === 'allow' ? 'store_allowed' : 'store_denied';
    assert.ok(metrics.get('mcp_gateway_quota_admissions_total', { rule: 'calls', outcome }) >= 10);
    await redis.restart();
    await until('it counts again', async () => (await call(gateway)).status === 200 && (await hasKeys(redis)));
  }
});

async function hasKeys(redis: RedisServer): Promise<boolean> {
  return (await redis.ask('KEYS', 'tollgate:*')).includes(':{');
}
